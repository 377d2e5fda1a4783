"""Messages to frames and back. What comes in is bounded in size and checked in full."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec

from engine.errors import ProtocolError
from engine.protocol.messages import ClientFrame, EngineFrame
from engine.words import Words

CLIENT_FRAME_LIMIT = 64 * 1024
"""Bytes; no request comes near it."""

ENGINE_FRAME_LIMIT = 80 * 1024 * 1024
"""Bytes; room for the largest weights that are given out."""

_encoder = msgspec.msgpack.Encoder()
_Frame = TypeVar("_Frame")


class FrameDecoder(Generic[_Frame]):
    """Decodes the frames of one direction."""

    def __init__(self, kind: Any, limit: int) -> None:
        self.limit = limit
        self._decoder: msgspec.msgpack.Decoder[_Frame] = msgspec.msgpack.Decoder(kind)

    def decode(self, frame: bytes | memoryview) -> _Frame:
        """Return the message; raises ProtocolError for whatever is not one."""
        if len(frame) > self.limit:
            raise ProtocolError(
                message=Words(
                    "a frame of {count} bytes; {most} is the most", count=len(frame), most=self.limit
                )
            )
        try:
            return self._decoder.decode(frame)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise ProtocolError(message=str(error)) from error


client_frames: FrameDecoder[ClientFrame] = FrameDecoder(ClientFrame, CLIENT_FRAME_LIMIT)
engine_frames: FrameDecoder[EngineFrame] = FrameDecoder(EngineFrame, ENGINE_FRAME_LIMIT)


def encode(message: msgspec.Struct) -> bytes:
    """Return the frame of a message."""
    return _encoder.encode(message)
