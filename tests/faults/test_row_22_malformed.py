"""Malformed messages, with the right key: none stops the engine, or fills its memory."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import psutil

from engine.protocol.client import Client
from engine.protocol.codec import CLIENT_FRAME_LIMIT, encode
from engine.protocol.messages import (
    PROTOCOL_VERSION,
    Acknowledge,
    Attach,
    Call,
    Edit,
    GetLog,
    Hello,
    RollBack,
)
from tests.faults import shared
from tests.faults.knocking import HELLO, WEIGHTS, connection_of, known_client
from tests.faults.outcome import Outcome

ROW, FAULT, FULL = "22", "malformed messages", 10_000
MEGABYTES = 20.0
ORIGINALS = [
    HELLO,
    encode(Call(2, Attach(3))),
    encode(Call(3, GetLog(5, 10))),
    encode(Call(5, Edit("rate", 0.1))),
    encode(Call(6, RollBack(7))),
    encode(Acknowledge(1, 1)),
    encode(Call(4, WEIGHTS)),
]
HUGE = [
    b"\x91" * 60_000,  # nested deeply
    b"\xdd\xff\xff\xff\xff",  # a list of four thousand million
    b"\xdb\xff\xff\xff\xff",
    b"",
]


def mutant(chance: random.Random) -> bytes:
    """Return a real message with a few bytes changed, or cut short."""
    content = bytearray(chance.choice(ORIGINALS))
    for _ in range(chance.randint(1, 4)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content[: chance.randint(1, len(content))])


def body(count: int, folder: Path) -> Outcome:
    """Send ``count`` mutants, half to each socket for clients, and after them a request that is answered."""
    engine = shared.engine()
    connection, process = connection_of(engine), psutil.Process(engine.process.pid)
    chance, memory, answered = random.Random(22), process.memory_info().rss, 0
    for port in (connection.control_port, connection.bulk_port):
        with known_client(connection, port) as socket:
            for number in range(count // 2):
                socket.send(HUGE[number % len(HUGE)] if number % 100 == 99 else mutant(chance))
            socket.send_multipart([b"one", b"two", b"three"])
            is_control = port == connection.control_port
            last = Call(2**62, Hello(PROTOCOL_VERSION, "test") if is_control else WEIGHTS)
            socket.send(encode(last))
            while (
                f'"id":{last.id}' not in msgspec.json.encode(msgspec.msgpack.decode(socket.recv())).decode()
            ):
                pass
            answered += 1
            socket.send(b"\xc6" + b"x" * (2 * CLIENT_FRAME_LIMIT))  # too large: the connection ends
    with Client(engine.connection) as client:
        client.connect(timeout=15.0)
        client.request(GetLog(0))
    grown = (process.memory_info().rss - memory) / 1024**2
    survived = count if answered == 2 and engine.process.poll() is None else 0
    bar, measured = f"0 crashes; < {MEGABYTES:g} MB more", f"{grown:.1f} MB more"
    return Outcome(count, survived, bar, measured, grown < MEGABYTES)


def test_malformed_messages_are_dropped_and_the_engine_lives(tmp_path: Path) -> None:
    assert body(3_000, tmp_path).holds
