<<<<<<< HEAD
"""Messages through the pipes of a helper process: each frame follows its length."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import IO, Any, TypeVar

import msgspec

from engine.errors import ConvNetError, ProtocolError
from engine.protocol.codec import FrameDecoder, encode
from engine.protocol.problems import describe

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
        raise ProtocolError(message=f"a frame of {size} bytes; {frames.limit} is the most")
    frame = stream.read(size)
    return frames.decode(frame) if frame and len(frame) == size else None


def serve(frames: FrameDecoder[_Frame], answer: Callable[[_Frame], Any]) -> None:
    """Answer requests from standard input, one after the other, until its end.

    What ``answer`` raises is answered as a ``Problem``. What anyone prints goes to standard error.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while (request := read(sys.stdin.buffer, frames)) is not None:
        try:
            reply = answer(request)
        except ConvNetError as error:
            reply = describe(error)
        except Exception as error:  # whatever it is, who asked is told
            reply = describe(error)
        write(answers, reply)
=======
"""Frames through a pipe: four bytes of length, big-endian, then the message."""

from __future__ import annotations

from typing import IO

import msgspec

from engine.errors import ProtocolError
from engine.protocol.codec import FrameDecoder, encode
from engine.protocol.computer import FRAME_LIMIT, ComputerAnswer, ComputerRequest

requests: FrameDecoder[ComputerRequest] = FrameDecoder(ComputerRequest, FRAME_LIMIT)
answers: FrameDecoder[ComputerAnswer] = FrameDecoder(ComputerAnswer, FRAME_LIMIT)


def write_frame(stream: IO[bytes], message: msgspec.Struct) -> None:
    """Send a message; raises OSError where nobody reads any more."""
    frame = encode(message)
    stream.write(len(frame).to_bytes(4, "big") + frame)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """Return the next frame, None at the stream's end; raises ProtocolError for one too long, or torn."""
    head = stream.read(4)
    if not head:
        return None
    length = int.from_bytes(head, "big")
    if len(head) < 4 or length > FRAME_LIMIT:
        raise ProtocolError(message=f"a frame of {length} bytes; {FRAME_LIMIT} is the most")
    frame = stream.read(length)
    if len(frame) < length:
        raise ProtocolError(message="a frame without its end")
    return frame
>>>>>>> 220498e (Train on other computers: convnet serve through ssh, engines' ports forwarded, data sent resumably)
