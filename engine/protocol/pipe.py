"""Messages through the pipes of a helper process: each frame follows its length."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import IO, Any, TypeVar

import msgspec

from engine.errors import ProtocolError
from engine.protocol.codec import FrameDecoder, encode
from engine.protocol.problems import describe
from engine.words import Words

_Frame = TypeVar("_Frame")
_LENGTH_BYTES = 4


def write(stream: IO[bytes], message: msgspec.Struct) -> None:
    """Write a message."""
    frame = encode(message)
    stream.write(len(frame).to_bytes(_LENGTH_BYTES, "little") + frame)
    stream.flush()


def read(stream: IO[bytes], frames: FrameDecoder[_Frame]) -> _Frame | None:
    """Read a message; None at the stream's end. Raises ProtocolError for what is none."""
    size = int.from_bytes(stream.read(_LENGTH_BYTES), "little")
    if size > frames.limit:
        raise ProtocolError(
            message=Words("a frame of {count} bytes; {most} is the most", count=size, most=frames.limit)
        )
    frame = stream.read(size)
    return frames.decode(frame) if frame and len(frame) == size else None


def serve(frames: FrameDecoder[_Frame], answer: Callable[[_Frame], Any]) -> None:
    """Answer requests from standard input, one after the other, until its end.

    What ``answer`` raises is answered as a ``Problem``. What anyone prints goes to standard error.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    answer_all(sys.stdin.buffer, answers, frames, answer)


def answer_all(
    incoming: IO[bytes], outgoing: IO[bytes], frames: FrameDecoder[_Frame], answer: Callable[[_Frame], Any]
) -> None:
    """Answer requests from a stream, one after the other, until its end."""
    while (request := read(incoming, frames)) is not None:
        try:
            reply = answer(request)
        except Exception as error:  # whatever it is, who asked is told
            reply = describe(error)
        write(outgoing, reply)
