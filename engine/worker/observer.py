"""Tells the engine what the trainer tells, and the trainer what the engine asks for."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import CheckpointError, ConvNetError
from engine.log_lines import Line
from engine.protocol.internal import Command as Asked
from engine.protocol.internal import MetricRows, WorkerState
from engine.protocol.log_messages import log_message
from engine.protocol.messages import (
    CheckpointKept,
    Edited,
    HealthMeasured,
    LogLevel,
    LossSpiked,
    MetricRow,
    Progress,
    Rewound,
    RunState,
    Scalar,
    SnapshotKept,
)
from engine.protocol.problems import describe
from engine.training.observer import Command
from engine.worker.engine_link import EngineLink


class EngineObserver:
    """The trainer's Observer at the end of an EngineLink."""

    def __init__(self, link: EngineLink) -> None:
        self._link = link
        self.refusal: CheckpointError | None = None
        """Why the newest checkpoint was not kept; None if it was."""

    def state(self, state: RunState) -> None:
        """The training does something else from now on."""
        self._link.send(WorkerState(state))

    def progress(self, progress: Progress) -> None:
        """How far the training is; only the newest counts."""
        self._link.send_progress(progress)

    def metrics(self, rows: Sequence[MetricRow]) -> None:
        """New figures."""
        self._link.send(MetricRows(tuple(rows)))

    def snapshot_kept(self, step: int) -> None:
        """The probed weights of ``step`` are on the disk."""
        self._link.send(SnapshotKept(step))

    def checkpoint_kept(self, step: int) -> None:
        """The checkpoint of ``step`` is on the disk."""
        self.refusal = None
        self._link.send(CheckpointKept(step))

    def checkpoint_refused(self, error: CheckpointError) -> None:
        """The disk did not take a checkpoint."""
        self.refusal = error
        self.log("error", Line.CHECKPOINT_REFUSED, error)

    def rewound(self, step: int, cause: ConvNetError | None = None, takes_back: bool = False) -> None:
        """Training goes on from the checkpoint of ``step``."""
        self._link.send(Rewound(step, None if cause is None else describe(cause), takes_back))

    def loss_spiked(self, step: int, loss: float, usual: float) -> None:
        """The loss of the step after ``step`` is far above the usual one."""
        self._link.send(LossSpiked(step, loss, usual))

    def edited(self, edit: Edited) -> None:
        """A setting was changed."""
        self._link.send(edit)

    def health(self, measured: HealthMeasured) -> None:
        """How the layers fared in a step."""
        self._link.send(measured)

    def settle(self) -> None:
        """Wait until what was told is in the journal."""
        self._link.settle()

    def log(self, level: LogLevel, line: Line, cause: ConvNetError | None = None, **fields: Scalar) -> None:
        """A line for the log."""
        self._link.send(log_message(level, line, cause, **fields))

    def commands(self, wait: bool) -> Sequence[Command]:
        """Return the commands that came since the last call; with ``wait``, wait for one."""
        commands = [self._link.commands.get()] if wait else []
        while not self._link.commands.empty():
            commands.append(self._link.commands.get())
        return [command.name if isinstance(command, Asked) else command for command in commands]
