"""The two sockets of a client."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from contextlib import suppress

import zmq

from engine.protocol.codec import ENGINE_FRAME_LIMIT
from engine.protocol.connection import Connection
from engine.protocol.keys import use_as_client


class ClientSockets:
    """``control`` carries requests and the journal, ``bulk`` weights, which must not hold up the others."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], connection: Connection) -> None:
        # The engine knows a client by this, through all losses of the connection. Must not begin with 0.
        identity = b"c" + secrets.token_bytes(15)
        self.control = _open(context, connection, connection.control_port, identity)
        self.bulk = _open(context, connection, connection.bulk_port, identity)

    def wait(self, wake: socket.socket, seconds: float) -> None:
        """Wait until there is something to receive, or something to read from ``wake``."""
        poller = zmq.Poller()
        for readable in (self.control, self.bulk, wake):
            poller.register(readable, zmq.POLLIN)
        poller.poll(int(seconds * 1000))

    def receive(self) -> Iterator[bytes]:
        """Yield the frames that have come in."""
        for source in (self.control, self.bulk):
            with suppress(zmq.Again):
                while True:
                    yield source.recv(zmq.NOBLOCK)

    def send(self, frame: bytes, *, bulk: bool = False) -> None:
        """Send a frame; what an engine that does not read cannot take is dropped."""
        with suppress(zmq.Again):
            (self.bulk if bulk else self.control).send(frame, zmq.NOBLOCK)

    def close(self) -> None:
        """Close both, dropping what has not left."""
        self.control.close()
        self.bulk.close()


def _open(
    context: zmq.Context[zmq.Socket[bytes]], connection: Connection, port: int, identity: bytes
) -> zmq.Socket[bytes]:
    opened: zmq.Socket[bytes] = context.socket(zmq.DEALER)
    opened.linger = 0
    opened.routing_id = identity
    opened.maxmsgsize = ENGINE_FRAME_LIMIT
    use_as_client(opened, connection.client_keys, connection.engine_key)
    opened.connect(f"tcp://{connection.address}:{port}")
    return opened
