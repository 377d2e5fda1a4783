"""Trainings in a temporary folder, on pictures that a test makes, watched and steered by a test."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.checkpoint import CheckpointState, load_latest
from engine.errors import CheckpointError, ConvNetError
from engine.graph.layer_graph import LayerGraph
from engine.graph.network_file import NetworkFile, dumps
from engine.graph.schedules import Schedule, Steps
from engine.graph.settings import DataSettings, TrainingSettings
from engine.layers.catalogue import Conv, CrossEntropy, Data, Dropout, Fc, Labels, Pool, Softmax
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
from engine.training.trainer import Outcome
from tests.graph.networks import chain

SIDE, CLASSES = 4, 3
TRAIN_EXAMPLES = 100


class Recorder:
    """Keeps what a trainer tells; ``steer`` answers what is asked for after each step, or while paused."""

    def __init__(self, steer: Callable[[Recorder, bool], Sequence[Command]] = lambda *_: ()) -> None:
        self.states: list[RunState] = []
        self.newest = Progress(0, 0, 0, 0.0, None, 0)
        self.rows: list[MetricRow] = []
        self.snapshots: list[int] = []
        self.checkpoints: list[int] = []
        self.refusals: list[CheckpointError] = []
        self.rewinds: list[tuple[int, ConvNetError | None]] = []
        self.spikes: list[tuple[int, float, float]] = []
        self.edits: list[Edited] = []
        self.measured: list[HealthMeasured] = []
        self.lines: list[tuple[LogLevel, str]] = []
        self._steer = steer

    def state(self, state: RunState) -> None:
        self.states.append(state)

    def progress(self, progress: Progress) -> None:
        self.newest = progress

    def metrics(self, rows: Sequence[MetricRow]) -> None:
        self.rows += rows

    def snapshot_kept(self, step: int) -> None:
        self.snapshots.append(step)

    def checkpoint_kept(self, step: int) -> None:
        self.checkpoints.append(step)

    def checkpoint_refused(self, error: CheckpointError) -> None:
        self.refusals.append(error)

    def rewound(self, step: int, cause: ConvNetError | None = None, takes_back: bool = False) -> None:
        self.rewinds.append((step, cause))

    def loss_spiked(self, step: int, loss: float, usual: float) -> None:
        self.spikes.append((step, loss, usual))

    def edited(self, edit: Edited) -> None:
        self.edits.append(edit)

    def health(self, measured: HealthMeasured) -> None:
        self.measured.append(measured)

    def settle(self) -> None:
        """Nothing waits."""

    def log(self, level: LogLevel, line: Line, cause: ConvNetError | None = None, **fields: Scalar) -> None:
        self.lines.append((level, sentence(line, cause, **fields)))

    def commands(self, wait: bool) -> Sequence[Command]:
        return self._steer(self, wait)

    def figures(self) -> list[tuple[Any, ...]]:
        """Return all rows but for the time that they took."""
        return [(r.step, r.epoch, r.examples, r.split, r.loss, r.error, r.learning_rate) for r in self.rows]


def stop_at(step: int) -> Recorder:
    """Return a recorder that asks for a stop after a step."""
    return Recorder(lambda recorder, _: ["stop"] if recorder.newest.step == step else [])


def save_pictures(folder: Path) -> dict[str, NDArray[Any]]:
    """Write 100 pictures for training, 7 for validation and 11 for test, and return the arrays."""
    chance = np.random.default_rng(5)
    arrays: dict[str, NDArray[Any]] = {}
    for split, count in (("train", TRAIN_EXAMPLES), ("validation", 7), ("test", 11)):
        labels = np.arange(count) % CLASSES
        pictures = chance.integers(0, 100, (count, SIDE, SIDE, 1)) + 50 * labels[:, None, None, None]
        arrays[f"{split}_pictures"] = pictures.astype(np.uint8)
        arrays[f"{split}_labels"] = labels
    np.savez(folder / "own.npz", **arrays)
    return arrays


def linear_graph(**learning: Any) -> LayerGraph:
    """Return a network of one layer that learns."""
    return chain(
        data=Data(size=(SIDE, SIDE), channels=1),
        labels=Labels(),
        fc=Fc(outputs=CLASSES, initial="normal", deviation=0.1, **learning),
        probs=Softmax(),
        loss=CrossEntropy(),
    )


def deep_graph() -> LayerGraph:
    """Return a network with convolution, pooling and dropout."""
    return chain(
        data=Data(size=(SIDE, SIDE), channels=1),
        labels=Labels(),
        conv=Conv(filters=3, size=(3, 3), padding=(1, 1)),
        pool=Pool(size=(2, 2)),
        fc1=Fc(outputs=6, neuron="tanh"),
        drop=Dropout(),
        fc2=Fc(outputs=CLASSES),
        probs=Softmax(),
        loss=CrossEntropy(),
    )


def network(
    graph: LayerGraph | None = None, schedule: Schedule | None = None, **training: Any
) -> NetworkFile:
    """Return a network file for the pictures of ``save_pictures``: three epochs of 64 and 36 examples."""
    settings: dict[str, Any] = {"batch_size": 64, "epochs": 3, "decay": 0.01, **training}
    return NetworkFile(
        graph=deep_graph() if graph is None else graph,
        training=TrainingSettings(schedule=schedule or Steps(rate=0.05, factor=0.1, epochs=(2,)), **settings),
        data=DataSettings(source="path", path="own.npz", mean="channel"),
    )


def make_run(folder: Path, what: NetworkFile) -> RunFolder:
    """Make the run folder ``folder``/run."""
    run, hold = RunFolder.create(folder / "run", "test", dumps(what), folder, Site("cpu"))
    hold.release()
    return run


def run_training(
    folder: Path,
    what: NetworkFile,
    recorder: Recorder,
    run: RunFolder | None = None,
    edits: Sequence[Edited] = (),
    *,
    device: str = "cpu",
) -> tuple[Outcome, RunFolder]:
    """Train in ``folder``, where the pictures are: in a new run, or on from ``run``'s last checkpoint."""
    new = make_run(folder, what) if run is None else run
    checkpoint = None if run is None else load_latest(run.checkpoints)
    outcome = train(what, folder, new, device=device, observer=recorder, checkpoint=checkpoint, edits=edits)
    return outcome, new


def last_checkpoint(run: RunFolder) -> CheckpointState:
    """Return the newest checkpoint of a run."""
    state = load_latest(run.checkpoints)
    assert state is not None
    return state


def fingerprint(run: RunFolder) -> str:
    """Return the sha256 of all arrays of a run's last checkpoint."""
    digest = hashlib.sha256()
    tensors = last_checkpoint(run).tensors
    for name in sorted(tensors):
        digest.update(name.encode() + tensors[name].tobytes())
    return digest.hexdigest()
