"""Trains in this process, without an engine: for measurements."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.checkpoint import load_latest
from engine.errors import CheckpointError, ConvNetError
from engine.graph.network_file import NetworkFile, dumps
from engine.log_lines import Line
from engine.protocol.log_messages import sentence
from engine.protocol.messages import (
    Edited,
    HealthMeasured,
    LogLevel,
    MetricRow,
    Progress,
    RunState,
    Scalar,
    Site,
)
from engine.store.run_folder import RunFolder
from engine.training.observer import Command
from engine.training.run import train


class Watcher:
    """Keeps the figures of a training, and stops it after step ``stop_at``."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.rows: list[MetricRow] = []
        self.step = 0
        self._stop_at = stop_at

    def state(self, state: RunState) -> None:
        """Ignored."""

    def progress(self, progress: Progress) -> None:
        self.step = progress.step

    def metrics(self, rows: Sequence[MetricRow]) -> None:
        self.rows += rows

    def snapshot_kept(self, step: int) -> None:
        """Ignored."""

    def checkpoint_kept(self, step: int) -> None:
        """Ignored."""

    def checkpoint_refused(self, error: CheckpointError) -> None:
        print(error)

    def rewound(self, step: int, cause: ConvNetError | None = None, takes_back: bool = False) -> None:
        """Ignored."""

    def loss_spiked(self, step: int, loss: float, usual: float) -> None:
        """Ignored."""

    def edited(self, edit: Edited) -> None:
        """Ignored."""

    def health(self, measured: HealthMeasured) -> None:
        """Ignored."""

    def settle(self) -> None:
        """Nothing waits."""

    def log(self, level: LogLevel, line: Line, cause: ConvNetError | None = None, **fields: Scalar) -> None:
        if level == "error":
            print(sentence(line, cause, **fields))

    def commands(self, wait: bool) -> Sequence[Command]:
        return ["stop"] if self.step == self._stop_at else []


def run_in(path: Path, network: NetworkFile, stop_at: int | None = None) -> tuple[RunFolder, Watcher]:
    """Train in the run folder ``path``: from the start, or on from its last checkpoint if it is there."""
    if path.exists():
        run = RunFolder.open(path)
    else:
        run, hold = RunFolder.create(path, path.name, dumps(network), path.parent, Site("cpu"))
        hold.release()
    watcher = Watcher(stop_at)
    train(
        network,
        path.parent,
        run,
        device="cpu",
        observer=watcher,
        checkpoint=load_latest(run.checkpoints),
    )
    return run, watcher
