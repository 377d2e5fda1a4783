"""Who may talk to whom: CURVE keys. A secret key is on no command line, in no environment and in no log."""

from __future__ import annotations

from dataclasses import dataclass, field

import zmq

LOOPBACK = "127.0.0.1"
"""The address that all sockets of an engine are bound to."""


@dataclass(frozen=True)
class KeyPair:
    """A CURVE key pair in Z85 text."""

    public: str
    secret: str = field(repr=False)


def new_key_pair() -> KeyPair:
    """Make a key pair."""
    public, secret = zmq.curve_keypair()
    return KeyPair(public.decode(), secret.decode())


def use_as_server(socket: zmq.Socket[bytes], keys: KeyPair, domain: str) -> None:
    """Let ``socket`` accept only clients that the ZAP handler lets into ``domain``."""
    socket.curve_server = True
    socket.curve_secretkey = keys.secret.encode()
    socket.zap_domain = domain.encode()
    # Without this, libzmq lets everybody in while there is no ZAP handler.
    socket.set(zmq.ZAP_ENFORCE_DOMAIN, 1)


def use_as_client(socket: zmq.Socket[bytes], keys: KeyPair, server: str) -> None:
    """Let ``socket`` talk only to the server whose public key is ``server``."""
    socket.curve_serverkey = server.encode()
    socket.curve_publickey = keys.public.encode()
    socket.curve_secretkey = keys.secret.encode()
