"""Messages within the engine: to a new engine process, and between it and its training process.

``docs/protocol.md`` explains them beside those of clients.
"""

from __future__ import annotations

from typing import Literal

from engine.protocol.messages import (
    CheckpointKept,
    Count,
    Edit,
    Edited,
    Fork,
    HealthMeasured,
    LogLine,
    LossSpiked,
    Message,
    MetricRow,
    Problem,
    Progress,
    Rewound,
    RollBack,
    RunState,
    Site,
    SnapshotKept,
)

# ---- To a new engine: one line of JSON on its standard input ---------------------------------------------


class StartRun(Message, frozen=True):
    """Begin a run."""

    network: str  # the .convnet file as it shall be run
    name: str  # of the network, as it shall be shown
    base: str  # folder that the network's relative data paths are seen from; "" in a fork: as there
    run_folder: str | None  # None: a new one where runs are kept
    device: str  # "cpu", "cuda:0"; several: "cpu:4", "cuda:0,cuda:1"
    linger_seconds: float  # s that the engine stays after the run's end while no client is attached
    fork: Fork | None = None  # None: from the start
    split: str = ""  # how several devices share the network out; "": the file's split over so many, or data
    launcher: str = ""  # command that starts a process for each device; "": mpiexec


class ResumeRun(Message, frozen=True):
    """Go on with a run from its newest checkpoint."""

    run_folder: str  # path of a folder with a run
    device: str | None  # None: the same as before
    linger_seconds: float  # s that the engine stays after the run's end while no client is attached
    split: str | None = None  # None: the same as before
    launcher: str = ""  # as in StartRun


class ServeRun(Message, frozen=True):
    """Show a run that has ended, and train nothing."""

    run_folder: str  # path of a folder with a run
    linger_seconds: float  # s that the engine stays while no client is attached


class Started(Message, frozen=True):
    """The engine's answer, one line of JSON on its standard output; a ``Problem`` if it could not start."""

    connection: str  # path of the connection file
    last_sequence: Count  # newest number of the journal before this engine; 0: a new run


# ---- To the training process: one line of JSON on its standard input, which then stays open ---------------


class WorkerStart(Message, frozen=True):
    """What to train, and how to reach the engine. Rank 0 reads it, and hands it on to all others."""

    port: int  # of the engine's worker socket on 127.0.0.1
    engine_key: str  # public, Z85
    worker_key: str  # public, Z85
    worker_secret: str  # Z85
    run_folder: str  # path of the folder with the network as run
    site: Site  # where to train
    resume: bool  # go on from the newest checkpoint
    edits: tuple[Edited, ...] = ()  # that hold, to be made again; as the journal has them


class Command(Message, frozen=True):
    """Sent to the training process, which looks at the end of each step."""

    name: Literal["pause", "resume", "stop", "checkpoint", "test"]  # what to do


class Settled(Message, frozen=True):
    """Answers ``Settle``: the journal has everything, or the disk refuses just now."""

    number: Count  # of the Settle


EngineOrder = Command | RollBack | Edit | Settled
"""What the training process is sent."""


# ---- From the training process ---------------------------------------------------------------------------


class Beat(Message, frozen=True):
    """A sign of life of each rank, every half second, from a thread of its own; a rank's first message.

    Rank 0 hands on those of ranks on other computers, from where the engine cannot be reached.
    """

    rank: Count  # number of the device among the run's
    pid: Count  # process number on the rank's computer
    host: str = ""  # name of the rank's computer; "": the engine's


class WorkerState(Message, frozen=True):
    """What the training process does now."""

    state: RunState  # "compiling", "training", "testing" or "paused"


class MetricRows(Message, frozen=True):
    """Rows for the journal."""

    rows: tuple[MetricRow, ...]  # in order


class Settle(Message, frozen=True):
    """Asks for ``Settled`` once all that came before is in the journal: a checkpoint is to be written."""

    number: Count  # rising


class Ended(Message, frozen=True):
    """The last message: nothing more will come."""

    outcome: Literal["finished", "stopped", "failed"]  # how the training ended
    cause: Problem | None = None  # why, for "failed"; else why the last checkpoint was not kept


WorkerFrame = (
    Beat
    | WorkerState
    | Progress
    | MetricRows
    | SnapshotKept
    | CheckpointKept
    | Rewound
    | LossSpiked
    | Edited
    | HealthMeasured
    | LogLine
    | Settle
    | Ended
)
"""What the training process sends."""
