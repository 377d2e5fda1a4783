"""Tells the engine what the trainer tells, and the trainer what the engine asks for."""

from __future__ import annotations

import time
from collections.abc import Sequence

from engine.protocol.internal import MetricRows, WorkerState
from engine.protocol.messages import (
    CheckpointKept,
    LogLine,
    MetricRow,
    Progress,
    RunState,
    SnapshotKept,
)
from engine.training.observer import Command, Level
from engine.worker.engine_link import EngineLink

_LONGEST_LINE = 10_000  # characters, as LogLine has it


class EngineObserver:
    """The trainer's Observer at the end of an EngineLink."""

    def __init__(self, link: EngineLink) -> None:
        self._link = link

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
        self._link.send(CheckpointKept(step))

    def settle(self) -> None:
        """Wait until what was told is in the journal."""
        self._link.settle()

    def log(self, level: Level, text: str) -> None:
        """A line for the log."""
        self._link.send(LogLine(time.time(), level, text[:_LONGEST_LINE]))

    def commands(self, wait: bool) -> Sequence[Command]:
        """Return the commands that came since the last call; with ``wait``, wait for one."""
        names = [self._link.commands.get().name] if wait else []
        while not self._link.commands.empty():
            names.append(self._link.commands.get().name)
        return names
