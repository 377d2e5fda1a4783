"""Messages between a studio and the process that asks a trained network about pictures.

Requests are answered one after the other, each with its answer or a ``Problem``. The network is that of a
run's checkpoint, so that a training is not held up.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from engine.protocol.codec import ENGINE_FRAME_LIMIT, FrameDecoder
from engine.protocol.messages import Count, Message, Problem
from engine.protocol.previews import Picture

SplitName = Literal["train", "validation", "test"]

LARGEST_FILE = 32 * 1024 * 1024
"""Bytes of a picture file."""

File = Annotated[bytes, msgspec.Meta(max_length=LARGEST_FILE)]


class ExaminePicture(Message, frozen=True):
    """What a network makes of one picture. ``Examined``."""

    run_folder: str  # path of the run
    split: SplitName = "test"  # of the data set, where no file is given
    index: Count = 0  # of the picture in the split
    file: File | None = None  # content of a picture file


class ExamineSplit(Message, frozen=True):
    """How a network answers for all pictures of a split. ``SplitExamined``."""

    run_folder: str  # path of the run
    split: SplitName  # of the data set


class ShowCell(Message, frozen=True):
    """Pictures of one class that were taken for another, of the split that was examined last. ``Cell``."""

    run_folder: str  # path of the run
    truth: Count  # number of the class that they are of
    answer: Count  # number of the class that they were taken for


class Chance(Message, frozen=True):
    """A class and how probable it is."""

    name: str  # of the class
    probability: float  # 0..1


class LayerMaps(Message, frozen=True):
    """What a layer gives for a picture: its strongest maps first."""

    layer: str  # as in the network
    height: Count  # of a map as given here; large ones are made smaller
    width: Count  # of a map as given here
    channels: Count  # maps that the layer has; 1 for a vector, which is one map of one row
    shown: tuple[Count, ...]  # numbers of the maps that are given, strongest first
    largest: float  # largest size of a number in any map; it is full black or white
    maps: bytes  # uint8 (maps, height, width); 0 is 128


class Examined(Message, frozen=True):
    """Answers ``ExaminePicture``."""

    step: Count  # updates of the weights of the checkpoint
    count: Count  # pictures in the split; 0 for a file
    picture: Picture  # as the data set has it, or the file
    label: str | None  # the true class; None for a file
    answers: tuple[Chance, ...]  # the ten most probable, the most probable first
    layers: tuple[LayerMaps, ...]  # in the order of the network


class AnsweredPicture(Message, frozen=True):
    """A picture and what it was taken for."""

    index: Count  # in the split
    picture: Picture  # as the data set has it
    truth: Count  # number of its class
    answer: Count  # number of the class that it was taken for
    truth_probability: float  # of its class, 0..1
    answer_probability: float  # of the class that it was taken for, 0..1


class SplitExamined(Message, frozen=True):
    """Answers ``ExamineSplit``."""

    step: Count  # updates of the weights of the checkpoint
    split: SplitName  # as asked
    classes: tuple[str, ...]  # names
    confusion: tuple[tuple[Count, ...], ...]  # pictures by true class, and by the class they were taken for
    worst: tuple[AnsweredPicture, ...]  # whose true class was the least probable, the worst first


class Cell(Message, frozen=True):
    """Answers ``ShowCell``."""

    pictures: tuple[AnsweredPicture, ...]  # the most certain answers first
    count: Count  # how many there are in all


ExaminationRequest = ExaminePicture | ExamineSplit | ShowCell
ExaminationAnswer = Examined | SplitExamined | Cell | Problem

requests: FrameDecoder[ExaminationRequest] = FrameDecoder(ExaminationRequest, LARGEST_FILE + 64 * 1024)
answers: FrameDecoder[ExaminationAnswer] = FrameDecoder(ExaminationAnswer, ENGINE_FRAME_LIMIT)
