"""Frames decode to the message that was encoded, or to a ProtocolError."""

from __future__ import annotations

import math
import random

import msgspec
import pytest

from engine.errors import ProtocolError
from engine.protocol.codec import CLIENT_FRAME_LIMIT, client_frames, encode, engine_frames
from engine.protocol.messages import (
    Acknowledge,
    Attach,
    Call,
    ClientFrame,
    Device,
    EngineFrame,
    Entries,
    GetLog,
    GetWeights,
    Goodbye,
    Heartbeat,
    Hello,
    Log,
    LogLine,
    MetricRow,
    NumberedLine,
    Problem,
    Progress,
    Reply,
    RunState,
    StateChanged,
    Weights,
)

CLIENT: list[ClientFrame] = [
    Call(1, Hello(1, "0.1.0")),
    Call(2, Attach(2**63 - 1)),
    Call(3, GetWeights("conv1", "weights")),
    Call(4, GetLog(0, 10_000)),
    Acknowledge(0, 0),
]
PROBLEM = Problem("FieldError", {"layers": ("a", "b"), "field": None, "n": 1, "x": 0.5, "ok": True})
ENGINE: list[EngineFrame] = [
    Reply(1, Problem("InvalidNetworkError", {}, (PROBLEM, PROBLEM))),
    Reply(2, Weights("conv1", "weights", 7, (2, 3), "float32", bytes(24))),
    Reply(3, Log((NumberedLine(9, LogLine(1.5, "error", "文字")),))),
    Entries(5, (MetricRow(1, 0, 32, 0.5, "train", math.inf, 0.5, 0.1), StateChanged(2.0, RunState.PAUSED))),
    Heartbeat(
        1,
        RunState.TRAINING,
        True,
        Progress(1, 10, 0, 100.0, None, 2),
        5,
        (Device("x", "gpu", 50.0, (), 1, 2, 60.0, None),),
    ),
    Goodbye(),
]


@pytest.mark.parametrize("message", CLIENT, ids=lambda message: type(message).__name__)
def test_requests_travel_unchanged(message: ClientFrame) -> None:
    assert client_frames.decode(encode(message)) == message


@pytest.mark.parametrize("message", ENGINE, ids=lambda message: type(message).__name__)
def test_answers_travel_unchanged(message: EngineFrame) -> None:
    assert engine_frames.decode(encode(message)) == message


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "Acknowledge", "sequence": 1, "beat": 1, "more": 1},
        {"type": "Acknowledge", "sequence": 1},
        {"type": "Acknowledge", "sequence": -1, "beat": 0},
        {"type": "Acknowledge", "sequence": 2**63, "beat": 0},
        {"type": "Acknowledge", "sequence": 1.5, "beat": 0},
        {"type": "Acknowledge", "sequence": "1", "beat": 0},
        {"type": "Nonsense"},
        {"type": "Call", "id": 0, "request": {"type": "Pause"}},
        {"type": "Call", "id": 1, "request": {"type": "GetLog", "after": 0, "limit": 10_001}},
        {"type": "Call", "id": 1, "request": {"type": "GetWeights", "layer": "x" * 201, "weight": "weights"}},
        {"type": "Call", "id": 1, "request": {"type": "GetWeights", "layer": "", "weight": "weights"}},
        [],
        None,
    ],
)
def test_what_is_not_a_message_is_refused(frame: object) -> None:
    with pytest.raises(ProtocolError):
        client_frames.decode(msgspec.msgpack.encode(frame))


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xc1",
        b"\x91" * 60_000,
        b"\x81" * 60_000,
        b"\xdd\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\xd9\x02\xff\xff",
    ],
)
def test_what_is_not_msgpack_is_refused(frame: bytes) -> None:
    for frames in (client_frames, engine_frames):
        with pytest.raises(ProtocolError):
            frames.decode(frame)


def test_a_frame_that_is_too_large_is_refused_unread() -> None:
    with pytest.raises(ProtocolError, match="is the most"):
        client_frames.decode(encode(CLIENT[0]) + bytes(CLIENT_FRAME_LIMIT))


def test_mutants_are_refused_or_are_messages() -> None:
    """10,000 changed and cut frames: nothing but a message or a ProtocolError comes of them."""
    chance = random.Random(1)
    originals = [encode(message) for message in (*CLIENT, *ENGINE)]
    survivors = 0
    for _ in range(10_000):
        mutant = bytearray(chance.choice(originals))
        for _ in range(chance.randint(1, 5)):
            mutant[chance.randrange(len(mutant))] = chance.randrange(256)
        frame = bytes(mutant[: chance.randint(len(mutant) // 2, len(mutant))])
        for frames in (client_frames, engine_frames):
            try:
                encode(frames.decode(frame))
                survivors += 1
            except ProtocolError:
                pass
    assert survivors < 10_000
