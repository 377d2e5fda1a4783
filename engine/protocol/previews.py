"""Messages between a client and a process that looks at a data set for it; see ``docs/protocol.md``.

The process is given one ``LookAtData`` as a line of JSON on its standard input, which stays open as its
lifeline, and answers by frames on its standard output: the length in 4 bytes, little-endian, then msgpack.
"""

from __future__ import annotations

from typing import IO

from engine.protocol import pipe
from engine.protocol.codec import ENGINE_FRAME_LIMIT, FrameDecoder
from engine.protocol.messages import Count, Message, Problem


class LookAtData(Message, frozen=True):
    """Look at the data set that a network names."""

    network: str  # the .convnet file as drawn; it need not be whole
    base: str  # folder that relative data paths are seen from


class DataDecoded(Message, frozen=True):
    """How far the decoding of picture files is, which is done once for each data set."""

    pictures: Count  # that are decoded


class Picture(Message, frozen=True):
    """A picture to be shown."""

    height: Count  # px
    width: Count  # px
    pixels: bytes  # uint8 (height, width, 3), red, green, blue


class ClassSeen(Message, frozen=True):
    """A class and its pictures."""

    name: str  # of the class
    train: Count  # pictures to train on
    validation: Count  # pictures for validation
    test: Count  # pictures to test on
    samples: tuple[Picture, ...]  # its first 10 training pictures; of the first 40 classes alone


class Varied(Message, frozen=True):
    """A training picture, and what becomes of it in some epochs."""

    before: Picture  # as it is kept
    after: tuple[Picture, ...]  # as the network sees it: 0 is grey, a unit of the pixels stays one


class SkippedFile(Message, frozen=True):
    """A file that is not used."""

    name: str  # within the data set
    reason: str  # why


class DataSeen(Message, frozen=True):
    """What is in a data set: the last frame."""

    name: str  # of the data set
    shape: tuple[Count, Count, Count]  # height and width of the pictures in px, channels
    classes: tuple[ClassSeen, ...]  # in the order of their labels
    lowest: float  # value of a pixel
    highest: float  # value of a pixel
    mean: float  # of all values
    mean_picture: Picture  # of the training pictures
    measured: Count  # training pictures that values and mean were taken over, evenly spread
    varied: tuple[Varied, ...]  # some training pictures
    skipped: tuple[SkippedFile, ...]  # the first 1,000
    skipped_count: Count  # all of them


PreviewFrame = DataDecoded | DataSeen | Problem
"""What the process answers; ``DataSeen`` and ``Problem`` are its last word."""

_frames: FrameDecoder[PreviewFrame] = FrameDecoder(PreviewFrame, ENGINE_FRAME_LIMIT)


def write_frame(stream: IO[bytes], message: PreviewFrame) -> None:
    """Write a frame."""
    pipe.write(stream, message)


def read_frame(stream: IO[bytes]) -> PreviewFrame | None:
    """Read a frame; None at the stream's end. Raises ProtocolError for what is none."""
    return pipe.read(stream, _frames)
