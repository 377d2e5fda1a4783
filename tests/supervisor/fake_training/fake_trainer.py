"""A trainer whose network's name says what it does: "steps 100", "exit 7", "hang", ..."""

from __future__ import annotations

import os
import resource
import time
from types import SimpleNamespace
from typing import Any

import numpy as np

from engine import checkpoint
from engine.checkpoint import CheckpointState
from engine.errors import CheckpointError, DataNotFoundError
from engine.log_lines import Line
from engine.protocol.messages import MetricRow, Progress, RunState
from engine.store.run_folder import RunFolder
from engine.store.snapshots import SnapshotStore

OBEYED = SimpleNamespace(name="OBEYED", value="obeyed {command}")
"""A line of the log that no real trainer tells."""


def train(run: RunFolder, observer: Any, state: CheckpointState | None, team: Any) -> str:
    """Do what the run's name says. A number after "refuse" or "bug" is the one rank that does so."""
    what, _, number = run.description.name.partition(" ")
    observer.state(RunState.COMPILING)
    run.plan.write_text("the plan")
    if what in ("refuse", "bug") and number and team.line.rank != int(number):
        what = "hang"
    match what:
        case "steps":
            return FakeTraining(run, observer, state, int(number)).train()
        case "pace":
            return PacedTraining(run, observer, state, int(number)).train()
        case "work":
            return WorkingTraining(run, observer, state, int(number)).train()
        case "hungry":
            return HungryTraining(run, observer, state, int(number)).train()
        case "exit":
            print("the last words", flush=True)
            os._exit(int(number))
        case "refuse":
            raise DataNotFoundError(source="faces", expected="a folder", found="nothing", hint="Look again.")
        case "bug":
            return str(1 / 0)
        case "hang":
            observer.state(RunState.TRAINING)
            time.sleep(3600)
    raise AssertionError(what)


class FakeTraining:
    """Counts steps; its one weight is a function of the step, so that a resume can be checked."""

    def __init__(self, run: RunFolder, observer: Any, state: CheckpointState | None, steps: int) -> None:
        self._run, self._observer, self._steps = run, observer, steps
        self._step = state.step if state else 0
        self._weight = state.tensors["w"].copy() if state else np.ones(4, np.float32)
        self._stopping = self._paused = False
        self._was_resumed = state is not None

    def train(self) -> str:
        self._observer.state(RunState.TRAINING)
        while self._step < self._steps and not self._stopping:
            self._train_step()
            self._obey()
        self._keep_checkpoint()
        return "stopped" if self._stopping else "finished"

    def _train_step(self) -> None:
        time.sleep(0.001)
        self._step += 1
        self._weight *= np.float32(1.0001)
        row = MetricRow(self._step, 0, self._step, 0.001 * self._step, "train", 1 / self._step, 0.5, 0.1)
        self._observer.metrics([row])
        self._observer.progress(Progress(self._step, self._steps, 0, 1000.0, None, 1))
        if self._step % 100 == 0:
            self._keep_checkpoint()
            self._keep_snapshot()

    def _obey(self) -> None:
        while True:
            for command in self._observer.commands(wait=self._paused):
                self._paused = command == "pause" or (self._paused and command != "resume")
                self._stopping = self._stopping or command == "stop"
                self._observer.log("info", OBEYED, command=str(command))
                if command == "checkpoint":
                    self._keep_checkpoint()
                if command in ("pause", "resume"):
                    self._observer.state(RunState.PAUSED if self._paused else RunState.TRAINING)
            if self._stopping or not self._paused:
                return

    def _keep_checkpoint(self) -> None:
        self._observer.settle()
        state = CheckpointState(self._step, 0, self._step, 0, "", {"w": self._weight}, 0.001 * self._step)
        try:
            checkpoint.save(self._run.checkpoints, state)
        except CheckpointError as error:
            self._observer.checkpoint_refused(error)
        else:
            self._observer.checkpoint_kept(self._step)

    def _keep_snapshot(self) -> None:
        try:
            SnapshotStore(self._run.snapshots).write(self._step, {"conv1.weights": self._weight})
        except OSError as error:
            self._observer.log("error", Line.SNAPSHOT_NOT_KEPT, step=self._step, reason=str(error))
        else:
            self._observer.snapshot_kept(self._step)


class PacedTraining(FakeTraining):
    """Takes so many steps a second, each with a row, until it is stopped; keeps nothing meanwhile."""

    def __init__(self, run: RunFolder, observer: Any, state: CheckpointState | None, pace: int) -> None:
        super().__init__(run, observer, state, steps=10**9)
        self._pace, self._begun = pace, time.monotonic()

    def _train_step(self) -> None:
        due = self._begun + self._step / self._pace
        time.sleep(max(due - time.monotonic(), 0.0))
        self._step += 1
        row = MetricRow(self._step, 0, self._step, 0.001 * self._step, "train", 1 / self._step, 0.5, 0.1)
        self._observer.metrics([row])


class WorkingTraining(PacedTraining):
    """Computes in each step as long as a small network does, about half a millisecond."""

    _values = np.linspace(0.0, 1.0, 30_000)
    _results = np.empty_like(_values)

    def _train_step(self) -> None:
        np.sin(self._values, out=self._results)
        super()._train_step()


class HungryTraining(FakeTraining):
    """Takes ever more memory after step 150, and is refused it; not once it was resumed."""

    def _train_step(self) -> None:
        super()._train_step()
        if self._step == 150 and not self._was_resumed:
            limit = 4 << 30
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            self._taken = [np.empty(1 << 24) for _ in range(1000)]
