"""Every message between an engine and its clients. ``docs/protocol.md`` explains their flow.

A frame is one msgpack-coded message: :data:`ClientFrame` towards the engine, :data:`EngineFrame` from it.
Unknown fields and values out of range are refused when a frame is decoded.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import msgspec

PROTOCOL_VERSION = 3

Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A whole number from 0, as large as SQLite can keep."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
"""The name of a layer or of one of its weights."""

LogLevel = Literal["debug", "info", "warning", "error"]

Split = Literal["train", "validation", "test"]
"""What figures are taken over."""

Scalar = str | int | float | bool | None


class RunState(StrEnum):
    """What the run is doing. The last three are only said once the training process has gone."""

    STARTING = "starting"  # the training process is being started
    COMPILING = "compiling"  # the network is being made into a plan
    TRAINING = "training"
    TESTING = "testing"  # validation or test figures are being taken
    PAUSING = "pausing"  # a pause was asked for; the step in hand goes on
    PAUSED = "paused"
    STOPPING = "stopping"  # a stop was asked for; a checkpoint is being kept
    RESTARTING = "restarting"  # the training process died; another takes up at the last checkpoint
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Whether the run takes no more commands."""
        return self in (RunState.STOPPED, RunState.FINISHED, RunState.FAILED)


class Message(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Base of all messages; on the wire ``type`` is the name of the class."""


class Phrase(Message, frozen=True):
    """Words that a client says in its own language."""

    template: str  # English, with a {name} for each field
    fields: dict[str, Scalar | Phrase]  # what is put into it


Value = Scalar | Phrase | tuple[Scalar, ...]
"""What a field of an error, or of a line of the log, may hold."""


class Problem(Message, frozen=True):
    """An error on its way: the studio forms the sentence, ``engine.protocol.problems`` the exception."""

    code: str  # name of a class of engine.errors
    fields: dict[str, Value]  # what its sentence is formed from
    problems: tuple[Problem, ...] = ()  # the single problems of an InvalidNetworkError


class Fork(Message, frozen=True):
    """Where a run begins that goes on from another one's checkpoint."""

    run_folder: str  # path of the folder of the other run
    step: Count  # updates of the weights at the checkpoint


class Site(Message, frozen=True):
    """Where a run trains."""

    device: str  # "cpu", "cuda:0"; several: "cpu:4", "cuda:0,cuda:1"
    split: str = ""  # how several share the network out; "": the file's split over so many, or data
    launcher: str = ""  # command that starts a process for each device; "": mpiexec


# ---- The journal: numbered, kept, never lost -------------------------------------------------------------


class MetricRow(Message, frozen=True, gc=False):
    """Loss and error of one split, averaged since the row before or over the whole split."""

    step: Count  # updates of the weights so far
    epoch: Count  # passes over the training split that were finished before this step
    examples: Count  # training examples seen so far, all epochs together
    seconds: float  # s of training so far, pauses left out, earlier parts of a resumed run included
    split: Split  # what loss and error were taken over
    loss: float  # mean of the cost layer over the examples, nats for cross entropy; may be NaN
    error: float  # fraction of the examples that were classified wrongly, 0..1
    learning_rate: float  # of the network's first learning layer at this step
    further: dict[Name, float] = {}  # further figures of the costs, such as "top-5 error"; none are NaN


class StateChanged(Message, frozen=True):
    """The run went into another state."""

    time: float  # s since 1970-01-01 UTC
    state: RunState  # what the run is doing from now on
    cause: Problem | None = None  # why, for "failed" and "restarting"; else what was not kept at the end


class LogLine(Message, frozen=True):
    """A line of the run's log: the English sentence, and what a client forms its own sentence from."""

    time: float  # s since 1970-01-01 UTC
    level: LogLevel  # how serious it is
    text: Annotated[str, msgspec.Meta(max_length=10_000)]  # characters
    code: str = ""  # name in engine.log_lines; "": the text is what a process printed
    fields: dict[str, Value] = {}  # what the sentence of the code is formed from
    cause: Problem | None = None  # the error that the sentence tells of


class SnapshotKept(Message, frozen=True):
    """The weights to be looked at were kept; ``GetWeights`` gives them."""

    step: Count  # updates of the weights so far


class CheckpointKept(Message, frozen=True):
    """A checkpoint was written and is safe on the disk."""

    step: Count  # updates of the weights so far


class Rewound(Message, frozen=True):
    """The run takes up at a checkpoint: rows and snapshots of later steps count no more."""

    step: Count  # updates of the weights at the checkpoint; 0: from the start
    cause: Problem | None = None  # why it was rolled back; None: resumed, restarted, or asked for
    takes_back: bool = False  # the edits since, that very step's included, count no more either


class LossSpiked(Message, frozen=True):
    """The loss leapt; ``RollBack`` is worth offering."""

    step: Count  # updates of the weights before the step of the spike
    loss: float  # mean of that step
    usual: float  # running median of the steps before


Setting = Literal["rate", "momentum", "decay", "epochs", "early_stop", "keep_best"]
"""What may be edited in a run: the schedule's own learning rate, the network's momentum and decay, the number
of epochs, the tests after which to end early, and whether the best checkpoint is kept (0 or 1)."""


class Edited(Message, frozen=True):
    """A setting was changed by hand; a resume changes it again after the same step."""

    step: Count  # updates of the weights before the first one with the new value
    setting: Setting  # which one
    old: float  # its value before
    new: float  # its value from now on


class Histogram(Message, frozen=True):
    """How numbers are spread. All of them are finite."""

    low: float  # the least
    high: float  # the largest
    deviation: float  # standard deviation
    counts: tuple[Count, ...]  # numbers in each of equal intervals from low to high


class LayerHealth(Message, frozen=True):
    """How a layer fared in one step. What it has none of, and what was not finite, is None."""

    layer: Name  # as in the network
    weights: Histogram | None = None  # after the step
    gradients: Histogram | None = None  # of the mean loss by the weights
    outputs: Histogram | None = None  # for some examples of the batch, as at a test
    gradient_norm: float | None = None  # root of the sum of squares
    update_ratio: float | None = None  # norm of the step's change of the weights : norm of the weights
    dead: float | None = None  # fraction of the units or filters that gave 0 for all those examples


class HealthMeasured(Message, frozen=True):
    """How the layers fare; measured at steps of snapshots, as long as that takes little time."""

    step: Count  # updates of the weights so far
    layers: tuple[LayerHealth, ...]  # in the order of the network


Entry = (
    MetricRow
    | StateChanged
    | LogLine
    | SnapshotKept
    | CheckpointKept
    | Rewound
    | LossSpiked
    | Edited
    | HealthMeasured
)
"""What the journal holds."""


class Entries(Message, frozen=True):
    """Entries of the journal in order and without a gap; sent as far as ``Acknowledge`` gives credit."""

    first: Count  # sequence number of entries[0]; entries[i] has first + i; numbers begin at 1
    entries: tuple[Entry, ...]  # at most 1,000


# ---- The heartbeat: only the newest counts ---------------------------------------------------------------


class Progress(Message, frozen=True):
    """How far the training is."""

    step: Count  # updates of the weights so far
    total_steps: Count  # updates when the training will be finished
    epoch: Count  # passes over the training split that are finished
    examples_per_second: float  # training examples/s, lately
    eta_seconds: float | None  # s until the training is finished; None: not known yet
    epochs: Count  # passes over the training split when the training will be finished
    step_seconds: float = 0.0  # s that a step takes, lately
    waiting_share: float = 0.0  # of that time, for pictures to be read and prepared, 0..1
    communication_share: float | None = None  # of that time, also beside computation; None: one device


class Device(Message, frozen=True):
    """Readings of one device of the engine's machine."""

    name: str  # as its maker calls it
    kind: Literal["cpu", "gpu"]  # what it is
    utilisation: float  # %, 0..100, since the reading before
    cores: tuple[float, ...]  # % of each core of a CPU; empty for a GPU
    memory_used: Count  # bytes
    memory_total: Count  # bytes
    temperature: float | None  # °C; None: not to be had
    power: float | None  # W; None: not to be had
    clock: float | None = None  # MHz, of a GPU's multiprocessors; None: not to be had


class RankReading(Message, frozen=True):
    """Readings of one of several ranks, each a process of its own."""

    rank: Count  # number of its logical device, A being 0
    device: str  # "cpu", "cuda:0"
    pid: Count  # process number on its computer
    responding: bool  # false: it gave no sign of life for 3.5 s
    utilisation: float  # % of one core, since the reading before; 0 on another computer
    memory: Count  # bytes of the host's memory; 0 on another computer
    host: str = ""  # name of its computer; "": the engine's


class Heartbeat(Message, frozen=True):
    """Sent twice a second to each attached client that acknowledges; never kept."""

    beat: Count  # number of this heartbeat to this client, from 1
    state: RunState  # what the run is doing
    responding: bool  # false: the training process gave no sign of life for 3.5 s
    progress: Progress | None  # None: nothing trained yet
    last_sequence: Count  # newest sequence number of the journal; 0: empty
    devices: tuple[Device, ...]  # the CPU, then GPUs if NVML is there
    problem: Problem | None = None  # why the journal cannot be written just now; it will be tried again
    slow: bool = False  # responding, but no step has ended for far longer than usual
    ranks: tuple[RankReading, ...] = ()  # where there are several, those on the engine's machine


# ---- Requests --------------------------------------------------------------------------------------------


class Hello(Message, frozen=True):
    """The first request: ``Welcome`` or a ``VersionMismatchError``. This message never changes."""

    protocol_version: Count  # PROTOCOL_VERSION of the client
    program_version: Annotated[str, msgspec.Meta(max_length=100)]  # of the client, such as "0.1.0"


class Attach(Message, frozen=True):
    """Begin to send heartbeats, and the journal from a place on; again to begin anew. ``Done``."""

    after: Count  # sequence number of the last entry that the client has; 0: none


class Pause(Message, frozen=True):
    """Halt training at the end of the step in hand. ``Done``: accepted."""


class Resume(Message, frozen=True):
    """Go on after a pause. ``Done``: accepted."""


class Stop(Message, frozen=True):
    """Keep a checkpoint and end the run. ``Done``: accepted."""


class CheckpointNow(Message, frozen=True):
    """Keep a checkpoint and go on. ``Done``: accepted."""


class TestNow(Message, frozen=True):
    """Measure validation and test figures at the end of the step in hand, and go on. ``Done``: accepted."""

    __test__ = False  # no test of pytest's


class RollBack(Message, frozen=True):
    """Go back to the newest checkpoint that is not after a step, and go on from there. ``Done``: accepted.

    Where there is none any more, training goes on as it is, and the log says so.
    """

    step: Count  # updates of the weights; 0: to the start


class Edit(Message, frozen=True):
    """Change a setting from the next step on; ``Edited`` tells when. ``Done``, or a ``FieldError``."""

    setting: Setting  # which one
    value: float  # within the limits of the network file's field


class Kill(Message, frozen=True):
    """End a training process that does not respond by force; another is started. ``Done``: accepted."""


class Shutdown(Message, frozen=True):
    """End the engine: first ``Stop`` if the run goes on, then leave. ``Done``: accepted."""


class GetNetwork(Message, frozen=True):
    """The network as run. ``Network``."""


Points = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
"""Most points of a curve."""


class GetOverview(Message, frozen=True):
    """What the journal has until now, its many rows joined into fewer points. ``Overview``."""

    most: Points  # of each split


class GetCurve(Message, frozen=True):
    """A part of a split's curve. ``Curve``."""

    split: Split  # which one
    first: Count  # step from which on
    last: Count  # step until which
    most: Points  # rows; of more than that, neighbours are joined


class GetSnapshots(Message, frozen=True):
    """The steps whose weights can be looked at. ``Snapshots``."""


class GetLog(Message, frozen=True):
    """Lines of the log. ``Log``."""

    after: Count  # sequence number after which to begin; 0: from the start
    limit: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1_000  # most lines in the answer


class GetWeights(Message, frozen=True):
    """One weight array at one step; asked for on the bulk socket. ``Weights``."""

    layer: Name  # as in the network
    weight: Name  # "weights" or "biases"
    step: Count | None = None  # a step of ``Snapshots``; None: the latest that is kept


Request = (
    Hello
    | Attach
    | Pause
    | Resume
    | Stop
    | CheckpointNow
    | TestNow
    | RollBack
    | Edit
    | Kill
    | Shutdown
    | GetNetwork
    | GetOverview
    | GetCurve
    | GetSnapshots
    | GetLog
    | GetWeights
)


class Call(Message, frozen=True):
    """A request with its number."""

    id: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]  # rising within a session; a lower one is ignored
    request: Request  # what is asked


class Acknowledge(Message, frozen=True):
    """Gives credit for more entries and heartbeats. Has no answer."""

    sequence: Count  # sequence number up to which the client has every entry
    beat: Count  # number of the newest heartbeat that it has


ClientFrame = Call | Acknowledge
"""What a client sends."""


# ---- Answers ---------------------------------------------------------------------------------------------


class Welcome(Message, frozen=True):
    """Answers ``Hello``."""

    protocol_version: Count  # PROTOCOL_VERSION of the engine
    program_version: str  # of the engine, such as "0.1.0"
    run_id: str  # 32 hexadecimal digits, of the run folder: the same after a resume
    run_folder: str  # path on the engine's machine, to be shown, not opened
    network_name: str  # as it shall be shown
    state: RunState  # what the run is doing


class Done(Message, frozen=True):
    """The request was accepted."""


class Network(Message, frozen=True):
    """Answers ``GetNetwork``."""

    text: str  # the .convnet file as run
    plan: str | None  # the plan as a table; None: not compiled yet


class Curve(Message, frozen=True):
    """Answers ``GetCurve``: rows of a split in order, or some neighbours joined into each point.

    ``rows`` says how many a point stands for; ``step``, ``epoch``, ``examples``, ``seconds`` and
    ``learning_rate`` are those of its newest row; ``loss``, ``error`` and the costs' further figures are
    means, ``loss_low``, ``loss_high``, ``error_low`` and ``error_high`` extremes. NaN: no number is finite.
    """

    split: Split  # what the figures were taken over
    columns: dict[Name, bytes]  # by name, for each point a little-endian float64


class Overview(Message, frozen=True):
    """Answers ``GetOverview``; ``Attach`` goes on after it."""

    sequence: Count  # of the newest entry that it tells of; 0: there is none
    events: tuple[Entry, ...]  # all entries up to that but rows, in order
    curves: tuple[Curve, ...]  # the rows up to that, of each split that has any; without overtaken ones


class Snapshots(Message, frozen=True):
    """Answers ``GetSnapshots``."""

    steps: tuple[Count, ...]  # rising


class NumberedLine(Message, frozen=True):
    """A line of the log and its place in the journal."""

    sequence: Count  # number in the journal
    line: LogLine  # the line


class Log(Message, frozen=True):
    """Answers ``GetLog``."""

    lines: tuple[NumberedLine, ...]  # in order


class Weights(Message, frozen=True):
    """Answers ``GetWeights``."""

    layer: str  # as asked
    weight: str  # as asked
    step: Count  # updates of the weights when they were kept
    shape: tuple[Count, ...]  # conv weights: (filters, height, width, channels)
    dtype: Literal["float32", "float64"]  # of the numbers in data
    data: bytes  # little-endian, C order


Answer = Welcome | Done | Network | Overview | Curve | Snapshots | Log | Weights | Problem


class Reply(Message, frozen=True):
    """An answer with the number of its request."""

    id: Count  # of the Call
    answer: Answer  # what was asked for, or why there is none


class Goodbye(Message, frozen=True):
    """The engine leaves after the run's end: nothing more will come. Sent to each attached client."""


EngineFrame = Reply | Entries | Heartbeat | Goodbye
"""What an engine sends."""
