"""Messages between a studio and ``convnet serve`` on another computer: what is there, and what shall run.

They travel through that command's standard input and output, which ssh carries: who may log in there is for
ssh to say. ``docs/protocol.md`` explains them beside those of engines.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec

from engine.protocol.codec import FrameDecoder
from engine.protocol.connection import Connection
from engine.protocol.messages import Count, Device, Done, Fork, Message, Name, Problem, RunState

GREETING = b"convnet serve 1\n"
"""The first line of ``convnet serve``. What a login says before it is passed over."""

CHUNK = 1 << 20
"""Bytes of a data set that are sent at once, at most."""

FRAME_LIMIT = 2 * CHUNK
"""Bytes."""

Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Suffix = Annotated[str, msgspec.Meta(pattern=r"^(\.[a-z0-9]{1,8}){1,2}$")]
RunId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]

# ---- From the studio -------------------------------------------------------------------------------------


class Greet(Message, frozen=True):
    """The first request: ``Computer``, or a ``VersionMismatchError``. This message never changes."""

    protocol_version: Count  # PROTOCOL_VERSION of the studio
    program_version: str  # of the studio, such as "0.1.0"


class FindRuns(Message, frozen=True):
    """The runs of this user there. ``FoundRuns``."""


class Begin(Message, frozen=True):
    """Begin a run there. ``Reached``."""

    network: str  # the .convnet file; its data path is seen from the computer's folder of data sets
    name: str  # of the network, as it shall be shown
    device: str  # "cpu", "cuda:0"; several: "cpu:4", "cuda:0,cuda:1"
    linger_seconds: float  # s that the engine stays after the run's end while no client is attached
    fork: Fork | None = None  # the checkpoint of another run there to begin with; None: from the start
    split: str = ""  # as in StartRun
    launcher: str = ""  # as in StartRun


class Reach(Message, frozen=True):
    """Reach the engine of a run; one that has ended is served, or gone on with. ``Reached``."""

    run_id: RunId  # as FoundRuns has it
    resume: bool  # go on with a run that has ended
    linger_seconds: float  # s that a new engine stays while no client is attached


class EndByForce(Message, frozen=True):
    """End the engine of a run that takes no requests. ``Done``."""

    run_id: RunId  # as FoundRuns has it


class Offer(Message, frozen=True):
    """A file of data that is to be sent, if it is not there. ``Held``."""

    name: Annotated[str, msgspec.Meta(max_length=200)]  # for people to know it by
    suffix: Suffix  # such as ".tar", by which the data readers know it
    size: Annotated[int, msgspec.Meta(ge=1, le=2**50)]  # bytes
    sha256: Digest  # of the whole file


class Chunk(Message, frozen=True):
    """The next bytes of the file that was offered last. ``Held``."""

    offset: Count  # bytes that come before
    data: Annotated[bytes, msgspec.Meta(max_length=CHUNK)]  # the bytes


ComputerRequest = Greet | FindRuns | Begin | Reach | EndByForce | Offer | Chunk
"""What a studio sends."""

# ---- To the studio ---------------------------------------------------------------------------------------


class DataSet(Message, frozen=True):
    """A data set in the computer's folder of them."""

    path: str  # as a network names it, seen from that folder
    size: Count | None  # bytes; None: a folder


class Computer(Message, frozen=True):
    """Answers ``Greet``."""

    protocol_version: Count  # PROTOCOL_VERSION of the computer
    program_version: str  # of the computer, such as "0.1.0"
    host: str  # its name
    user: str  # whose account it is
    devices: tuple[Device, ...]  # the CPU, then GPUs if NVML is there
    data_folder: str  # where its data sets are, to be shown
    datasets: tuple[DataSet, ...]  # by name


class FoundRun(Message, frozen=True):
    """A run of this user."""

    run_id: RunId  # of the run folder
    name: Name  # of the network
    created: float  # s since 1970-01-01 UTC
    is_running: bool  # an engine is there
    end: RunState | None  # how it ended; None: not yet, or without a word


class FoundRuns(Message, frozen=True):
    """Answers ``FindRuns``."""

    runs: tuple[FoundRun, ...]  # the newest first, 200 at most


class Reached(Message, frozen=True):
    """An engine there, and the keys to it."""

    connection: Connection  # its ports are those of the computer's own loopback


class Held(Message, frozen=True):
    """How much of a file is there."""

    offset: Count  # bytes; of a whole file its size
    path: str | None  # of a whole file, as a network names it; None: more is wanted


ComputerAnswer = Computer | FoundRuns | Reached | Held | Done | Problem
"""What a computer answers, in the order of the requests."""

AnswerOf = TypeVar("AnswerOf", bound=ComputerAnswer)
"""The answer that a request has, if it is no ``Problem``."""

requests: FrameDecoder[ComputerRequest] = FrameDecoder(ComputerRequest, FRAME_LIMIT)
answers: FrameDecoder[ComputerAnswer] = FrameDecoder(ComputerAnswer, FRAME_LIMIT)
