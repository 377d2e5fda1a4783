"""Nobody gets in without the key, and nothing that comes in does harm."""

from __future__ import annotations

import random
import stat
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil
import pytest
import zmq

from engine.protocol import connection as connections
from engine.protocol.client import Client
from engine.protocol.codec import CLIENT_FRAME_LIMIT, encode
from engine.protocol.connection import Connection
from engine.protocol.keys import KeyPair, new_key_pair, use_as_client
from engine.protocol.launch import LaunchedEngine
from engine.protocol.messages import (
    PROTOCOL_VERSION,
    Acknowledge,
    Attach,
    Call,
    CheckpointKept,
    CheckpointNow,
    GetLog,
    GetWeights,
    Hello,
    Pause,
)
from tests.supervisor.engines import entries_until, worker_of

WEIGHTS = GetWeights("conv1", "weights", 100)
HELLO = encode(Call(1, Hello(PROTOCOL_VERSION, "test")))


@pytest.fixture(scope="module")
def connection(engine: LaunchedEngine) -> Connection:
    return connections.read(engine.connection)


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


def test_no_key_and_wrong_keys_get_silence(engine: LaunchedEngine, connection: Connection) -> None:
    """Neither socket answers; the worker's does not take the clients' key."""
    (worker_port,) = {
        entry.laddr.port
        for entry in psutil.Process(engine.process.pid).net_connections("tcp")
        if entry.status == psutil.CONN_LISTEN
    } - {connection.control_port, connection.bulk_port}
    ask = encode(Call(1, WEIGHTS))
    right, stranger = connection.client_keys, new_key_pair()
    wrong = [Knock(worker_port, HELLO, right, connection.engine_key)]
    for port, frame in ((connection.control_port, HELLO), (connection.bulk_port, ask), (worker_port, HELLO)):
        wrong.append(Knock(port, frame, None, ""))
        wrong.append(Knock(port, frame, stranger, connection.engine_key))
        wrong.append(Knock(port, frame, right, stranger.public))
    assert answers(wrong, wait=0.5) == 0
    known = [
        Knock(connection.control_port, HELLO, right, connection.engine_key),
        Knock(connection.bulk_port, ask, right, connection.engine_key),
    ]
    assert answers(known, wait=0.5) == 2


def test_only_loopback_is_listened_on(engine: LaunchedEngine) -> None:
    for process in (psutil.Process(engine.process.pid), worker_of(engine)):
        for entry in process.net_connections("inet"):
            assert entry.laddr.ip == "127.0.0.1"


def test_only_the_owner_can_read_the_keys(engine: LaunchedEngine) -> None:
    files = [engine.connection, *connections._list_folder().iterdir()]
    assert len(files) > 1
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(connections._list_folder().stat().st_mode) == 0o700


def test_keys_are_on_no_command_line_and_in_no_environment(
    engine: LaunchedEngine, connection: Connection
) -> None:
    for process in (psutil.Process(engine.process.pid), worker_of(engine)):
        told = " ".join([*process.cmdline(), *process.environ().values()])
        assert connection.client_secret not in told
        assert process.cmdline()[1:3] in (["-P", "-m"], ["-P", "-X"])


def test_malformed_messages_are_dropped_and_the_engine_lives(
    engine: LaunchedEngine, connection: Connection
) -> None:
    """Mutants of real messages, with the right key: none is answered wrongly, none stops the engine."""
    chance = random.Random(7)
    originals = [
        HELLO,
        encode(Call(2, Attach(3))),
        encode(Call(3, GetLog(5, 10))),
        encode(Acknowledge(1, 1)),
        encode(Call(4, WEIGHTS)),
    ]
    memory = psutil.Process(engine.process.pid).memory_info().rss
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    for port in (connection.control_port, connection.bulk_port):
        socket: zmq.Socket[bytes] = context.socket(zmq.DEALER)
        socket.linger = 1000
        socket.rcvtimeo = 10_000
        use_as_client(socket, connection.client_keys, connection.engine_key)
        socket.connect(f"tcp://127.0.0.1:{port}")
        for _ in range(1500):
            mutant = bytearray(chance.choice(originals))
            for _ in range(chance.randint(1, 4)):
                mutant[chance.randrange(len(mutant))] = chance.randrange(256)
            socket.send(bytes(mutant[: chance.randint(1, len(mutant))]))
        socket.send(b"\x91" * 60_000)  # nested deeply
        socket.send(b"\xdd\xff\xff\xff\xff")  # a list of four thousand million
        socket.send(b"")
        socket.send_multipart([b"one", b"two", b"three"])
        last = Call(2**62, Hello(PROTOCOL_VERSION, "test") if port == connection.control_port else WEIGHTS)
        socket.send(encode(last))
        while f'"id":{last.id}' not in msgspec.json.encode(msgspec.msgpack.decode(socket.recv())).decode():
            assert socket.poll(5000)
        socket.send(b"\xc6" + b"x" * (2 * CLIENT_FRAME_LIMIT))  # too large
        socket.close()
    context.term()
    with Client(engine.connection) as client:
        client.connect(timeout=15.0)
        client.request(GetLog(0))
    assert psutil.Process(engine.process.pid).memory_info().rss - memory < 20 * 1024**2


def test_a_request_that_comes_twice_is_done_once(
    engine: LaunchedEngine, connection: Connection, tmp_path: Path
) -> None:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    socket: zmq.Socket[bytes] = context.socket(zmq.DEALER)
    use_as_client(socket, connection.client_keys, connection.engine_key)
    socket.connect(f"tcp://127.0.0.1:{connection.control_port}")
    socket.send(HELLO)
    for _ in range(100):
        socket.send(encode(Call(2, Pause())))
    socket.send(encode(Call(3, GetLog(0))))
    ids = []
    while 3 not in ids:
        assert socket.poll(5000)
        ids.append(msgspec.msgpack.decode(socket.recv())["id"])
    assert ids == [1, 2, 3]
    socket.close(linger=0)
    context.term()


def test_what_one_client_asks_twice_another_may_ask(engine: LaunchedEngine) -> None:
    for _ in range(2):
        with Client(engine.connection) as client:
            client.connect()
            client.attach()
            client.request(CheckpointNow())
            entries_until(client, lambda entry: isinstance(entry, CheckpointKept))
