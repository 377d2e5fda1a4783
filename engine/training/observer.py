"""What a trainer tells, and how it is steered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from engine.errors import CheckpointError, ConvNetError
from engine.log_lines import Line
from engine.protocol.messages import (
    Edit,
    Edited,
    HealthMeasured,
    LogLevel,
    MetricRow,
    Progress,
    RollBack,
    RunState,
    Scalar,
)

Command = Literal["pause", "resume", "stop", "checkpoint", "test"] | RollBack | Edit


class Observer(Protocol):
    """Called by the trainer between steps, on its thread.

    No call may block, but for ``settle`` and waiting ``commands``.
    """

    def state(self, state: RunState) -> None:
        """The training does something else from now on."""

    def progress(self, progress: Progress) -> None:
        """How far the training is; only the newest counts."""

    def metrics(self, rows: Sequence[MetricRow]) -> None:
        """New figures."""

    def snapshot_kept(self, step: int) -> None:
        """The probed weights of ``step`` are on the disk."""

    def checkpoint_kept(self, step: int) -> None:
        """The checkpoint of ``step`` is on the disk."""

    def checkpoint_refused(self, error: CheckpointError) -> None:
        """The disk did not take a checkpoint; those before it are still there."""

    def rewound(self, step: int, cause: ConvNetError | None = None, takes_back: bool = False) -> None:
        """Training goes on from the checkpoint of ``step``; what was told of later steps counts no more.

        With ``takes_back``, edits of that step and later ones neither.
        """

    def loss_spiked(self, step: int, loss: float, usual: float) -> None:
        """The loss of the step after ``step`` is far above the usual one."""

    def edited(self, edit: Edited) -> None:
        """A setting was changed."""

    def health(self, measured: HealthMeasured) -> None:
        """How the layers fared in a step."""

    def settle(self) -> None:
        """Wait until what was told is safe: a checkpoint must not be newer than the figures before it."""

    def log(self, level: LogLevel, line: Line, cause: ConvNetError | None = None, **fields: Scalar) -> None:
        """A line for the log, with the fields that its template names."""

    def commands(self, wait: bool) -> Sequence[Command]:
        """Return the commands that came since the last call; with ``wait``, wait for one."""
        ...


class Silent:
    """The Observer of a rank that does not lead: nobody hears it."""

    def state(self, state: RunState) -> None: ...

    def progress(self, progress: Progress) -> None: ...

    def metrics(self, rows: Sequence[MetricRow]) -> None: ...

    def snapshot_kept(self, step: int) -> None: ...

    def checkpoint_kept(self, step: int) -> None: ...

    def checkpoint_refused(self, error: CheckpointError) -> None: ...

    def rewound(self, step: int, cause: ConvNetError | None = None, takes_back: bool = False) -> None: ...

    def loss_spiked(self, step: int, loss: float, usual: float) -> None: ...

    def edited(self, edit: Edited) -> None: ...

    def health(self, measured: HealthMeasured) -> None: ...

    def settle(self) -> None: ...

    def log(
        self, level: LogLevel, line: Line, cause: ConvNetError | None = None, **fields: Scalar
    ) -> None: ...

    def commands(self, wait: bool) -> Sequence[Command]:
        return ()
