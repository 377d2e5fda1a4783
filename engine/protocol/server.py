"""The engine's side of the sockets: bound to loopback, encrypted, open to known keys alone."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto

import zmq
from zmq.auth.thread import ThreadAuthenticator

from engine.protocol.keys import LOOPBACK, KeyPair, use_as_server

_MOST_AT_ONCE = 1000
_QUEUE = 100  # frames that wait for a client that does not read; its credit ends before that


class Gate:
    """Lets in whose key is allowed (ZAP); all others get no answer. One for all sockets of a context."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]]) -> None:
        self._authenticator = ThreadAuthenticator(context)
        self._authenticator.start()

    def allow(self, domain: str, public_key: str) -> None:
        """Let the owner of ``public_key``, and nobody else, into ``domain``."""
        self._authenticator.configure_curve_callback(domain, _OneKey(public_key.encode()))

    def close(self) -> None:
        """Shut the gate: nobody new comes in."""
        self._authenticator.stop()


class _OneKey:
    def __init__(self, key: bytes) -> None:
        self._key = key

    def callback(self, domain: str, key: bytes) -> bool:
        """Answer pyzmq's authenticator."""
        return key == self._key


class Sent(Enum):
    """What became of a frame."""

    SENT = auto()
    FULL = auto()  # the peer does not read; the frame was not taken
    GONE = auto()  # there is no such peer any more


class Endpoint:
    """A socket to many peers, each known by its routing id; used by one thread."""

    def __init__(
        self, context: zmq.Context[zmq.Socket[bytes]], domain: str, keys: KeyPair, largest: int
    ) -> None:
        """Bind to a free port of loopback; a larger frame than ``largest`` bytes ends a connection."""
        self.socket: zmq.Socket[bytes] = context.socket(zmq.ROUTER)
        self.socket.linger = 1000
        self.socket.maxmsgsize = largest
        self.socket.sndhwm = _QUEUE
        self.socket.router_mandatory = True
        self.socket.router_handover = True  # a client that reconnects is the same client
        use_as_server(self.socket, keys, domain)
        self.port = self.socket.bind_to_random_port(f"tcp://{LOOPBACK}")
        self.malformed = 0  # messages that were dropped for their form

    def receive(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield (routing id, frame) of what has come in, without waiting; a bounded number at once."""
        for _ in range(_MOST_AT_ONCE):
            try:
                parts = self.socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            if len(parts) == 2:
                yield parts[0], parts[1]
            else:
                self.malformed += 1

    def send(self, peer: bytes, frame: bytes) -> Sent:
        """Send a frame without waiting."""
        try:
            self.socket.send_multipart([peer, frame], zmq.NOBLOCK)
        except zmq.Again:
            return Sent.FULL
        except zmq.ZMQError as error:
            if error.errno == zmq.EHOSTUNREACH:
                return Sent.GONE
            raise
        return Sent.SENT

    def close(self) -> None:
        """Close the socket; what was sent is given a second to leave."""
        self.socket.close()
