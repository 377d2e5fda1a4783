"""Messages between a studio and the process that keeps the runs of a machine in order.

Requests are answered one after the other, each with its answer or a ``Problem``.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from engine.protocol.codec import FrameDecoder
from engine.protocol.messages import Count, Curve, Done, Edited, Fork, Message, Points, Problem, RunState

Title = Annotated[str, msgspec.Meta(max_length=200)]
Tag = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class RunCard(Message, frozen=True):
    """What there is to know of a run at a glance."""

    run_folder: str  # path on that machine
    name: str  # of the network
    title: str  # as the user named the run; "": not yet
    tags: tuple[str, ...]  # that the user gave it
    in_trash: bool  # thrown away, but not for good
    created: float  # s since 1970-01-01 UTC
    base: str  # folder that the network's relative data paths are seen from
    device: str  # "cpu", "cuda:0"
    fork: Fork | None  # the checkpoint of another run that it began with
    connection: str | None  # path of the connection file of its engine; None: none runs
    state: RunState | None  # the last that it was said to be in; None: it ended without a word
    cause: Problem | None  # why it failed
    step: Count  # updates of the weights so far
    seconds: float  # s of training so far
    loss: float | None  # newest of the training split
    validation_error: float | None  # the least, as a fraction
    test_error: float | None  # the newest, as a fraction


class ListRuns(Message, frozen=True):
    """All runs where runs are kept, and those that go on elsewhere. ``Runs``."""


class ChangeRun(Message, frozen=True):
    """Name a run, tag it, throw it away or take it back. ``Done``."""

    run_folder: str  # as on its card
    title: Title  # from now on
    tags: tuple[Tag, ...]  # from now on
    in_trash: bool  # from now on


class EmptyTrash(Message, frozen=True):
    """Remove the folders of all runs in the trash for good. ``Done``."""


class ReadRun(Message, frozen=True):
    """The network and the figures of a run. ``RunFigures``."""

    run_folder: str  # as on its card
    most: Points = 2_000  # points of each split; of more rows, neighbours are joined


class Runs(Message, frozen=True):
    """Answers ``ListRuns``."""

    cards: tuple[RunCard, ...]  # the newest first


class RunFigures(Message, frozen=True):
    """Answers ``ReadRun``."""

    run_folder: str  # as asked
    network: str  # the .convnet file as run
    edits: tuple[Edited, ...]  # of its settings, those that hold, in order
    curves: tuple[Curve, ...]  # the rows of each split that has any


LibraryRequest = ListRuns | ChangeRun | EmptyTrash | ReadRun
LibraryAnswer = Runs | RunFigures | Done | Problem

REQUEST_LIMIT = 64 * 1024
ANSWER_LIMIT = 64 * 1024 * 1024

requests: FrameDecoder[LibraryRequest] = FrameDecoder(LibraryRequest, REQUEST_LIMIT)
answers: FrameDecoder[LibraryAnswer] = FrameDecoder(LibraryAnswer, ANSWER_LIMIT)
