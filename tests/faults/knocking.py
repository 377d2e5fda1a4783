"""Whoever knocks at an engine's ports, with or without keys."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
import zmq

from engine.protocol import connection as connections
from engine.protocol.codec import encode
from engine.protocol.connection import Connection
from engine.protocol.keys import KeyPair, use_as_client
from engine.protocol.launch import LaunchedEngine
from engine.protocol.messages import PROTOCOL_VERSION, Call, GetWeights, Hello

WEIGHTS = GetWeights("conv1", "weights", 100)
HELLO = encode(Call(1, Hello(PROTOCOL_VERSION, "test")))


@dataclass(frozen=True)
class Knock:
    """A frame for a port, sent with or without keys, to a server of that key."""

    port: int
    frame: bytes
    keys: KeyPair | None
    server: str


def answers(knocks: list[Knock], wait: float) -> int:
    """Send all; return how many have an answer after ``wait`` s."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    sockets: list[zmq.Socket[bytes]] = []
    for knock in knocks:
        socket = context.socket(zmq.DEALER)
        if knock.keys is not None:
            use_as_client(socket, knock.keys, knock.server)
        socket.connect(f"tcp://127.0.0.1:{knock.port}")
        socket.send(knock.frame)
        sockets.append(socket)
    time.sleep(wait)
    answered = sum(socket.poll(0) > 0 for socket in sockets)
    for socket in sockets:
        socket.close(linger=0)
    context.term()
    return answered


@contextmanager
def known_client(connection: Connection, port: int) -> Iterator[zmq.Socket[bytes]]:
    """Open a bare socket with the right keys."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    socket: zmq.Socket[bytes] = context.socket(zmq.DEALER)
    socket.linger = 1000
    socket.rcvtimeo = 10_000
    use_as_client(socket, connection.client_keys, connection.engine_key)
    socket.connect(f"tcp://127.0.0.1:{port}")
    try:
        yield socket
    finally:
        socket.close()
        context.term()


def connection_of(engine: LaunchedEngine) -> Connection:
    """Return an engine's connection."""
    return connections.read(engine.connection)


def worker_port(engine: LaunchedEngine) -> int:
    """Return the port that an engine's training process talks to."""
    connection = connection_of(engine)
    listening = {
        entry.laddr.port
        for entry in psutil.Process(engine.process.pid).net_connections("tcp")
        if entry.status == psutil.CONN_LISTEN
    }
    (port,) = listening - {connection.control_port, connection.bulk_port}
    return int(port)
