"""Says what is on picture files, with a trained network."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.checkpoint import CheckpointState, find_latest, load
from engine.data.class_folders import MOST_PICTURE_BYTES, TOO_LARGE
from engine.data.dataset import Skipped
from engine.data.preparation import Preparation
from engine.errors import CheckpointError, DataError, PlanError
from engine.graph import network_file
from engine.graph.network_file import NetworkFile
from engine.layers.cost_layer import PROBABILITIES, CostLayer
from engine.plan.analysis.infer import InferredLayer, infer
from engine.plan.compile.pipeline import EVALUATE, compile_network
from engine.plan.types import DType, TrainingPlan
from engine.runtime.devices import best_code, best_precision, device_kind
from engine.runtime.executor import Executor
from engine.store.run_folder import RunFolder
from engine.training.averaged import AveragedEvaluation
from engine.training.step_control import StepControl

Answer = tuple[tuple[str, float], ...]
"""Classes with their probabilities, the most probable first."""


@dataclass(frozen=True)
class Trained:
    """A network as it was trained: the ``network`` as run, a checkpoint, and the ``preparation`` in it."""

    network: NetworkFile
    state: CheckpointState
    preparation: Preparation


def find_trained(path: Path) -> Trained:
    """Return the network of the run folder ``path`` with its newest sound checkpoint.

    ``path`` may also be the manifest of a checkpoint in a run folder. Raises RunFolderError, CheckpointError,
    FileFormatError or DataError where something is missing or damaged.
    """
    if path.is_file():
        if path.suffix != ".json":
            hint = "Name the run's folder, or a step-….json in its checkpoints."
            raise _unfit(path, "a run folder, or a checkpoint's manifest", "another file", hint)
        run = RunFolder.open(path.absolute().parent.parent)
        state = load(path)
    else:
        run = RunFolder.open(path)
        found = find_latest(run.checkpoints)
        if found is None:
            raise _unfit(path, "a run with a checkpoint", "none", "Train it until one is kept.")
        state = found.state
    network = network_file.load(run.network)
    if state.network_sha256 != network_file.network_sha256(network):
        raise _unfit(path, "a checkpoint of the network in its run folder", "one of another network")
    if state.preparation is None:
        raise _unfit(path, "a checkpoint that tells how pictures are prepared", "an older one")
    return Trained(network, state, Preparation.from_record(state.preparation, dict(state.tensors)))


def _unfit(path: Path, expected: str, found: str, hint: str = "") -> CheckpointError:
    return CheckpointError(path=str(path), expected=expected, found=found, hint=hint)


@dataclass(frozen=True)
class BoundNetwork:
    """A trained network in the memory of a device, ready to be evaluated."""

    plan: TrainingPlan
    executor: Executor
    control: StepControl

    @property
    def dtype(self) -> DType:
        """Type of its numbers."""
        return self.plan.dtype


def bind_trained(trained: Trained, batch_size: int, device: str) -> BoundNetwork:
    """Compile a trained network for a batch size, and give it its weights; raises DeviceError."""
    training = trained.network.training
    kind = device_kind(device)
    plan = compile_network(
        trained.network.graph,
        batch_size,
        device=kind,
        code=best_code(kind),
        precision=best_precision(device, training.precision),
    )
    plan = dataclasses.replace(plan, programs={EVALUATE: plan.programs[EVALUATE]})
    executor = Executor(plan, device=device)
    for role in ("weight", "average"):
        for buffer in plan.by_role(role):
            executor.arrays[buffer.name] = trained.state.tensors[buffer.name]
    return BoundNetwork(plan, executor, StepControl(executor.arrays, plan.slots, training, training.seed))


class Predictor:
    """A trained network, compiled to answer for ``batch_size`` pictures at a time on a ``device``.

    The answers are those of the first cost that can tell a wrong one, averaged over the test views.
    """

    def __init__(self, trained: Trained, batch_size: int, device: str = "cpu") -> None:
        """Raise PlanError for a network that names no classes, DeviceError for a device that is not there."""
        self._cost = answering_cost(infer(trained.network.graph))
        bound = bind_trained(trained, batch_size, device)
        self._control = bound.control
        self._evaluation = AveragedEvaluation(bound.plan, bound.executor)
        self._preparation = trained.preparation
        self._batch_size = batch_size
        self._dtype = bound.dtype

    def predict(self, paths: Iterable[Path]) -> Iterator[tuple[Path, Answer | Skipped]]:
        """Yield each picture file with its answer, or why it was skipped, in their order."""
        waiting: list[tuple[Path, NDArray[Any] | Skipped]] = []
        pictures = 0
        for path in paths:
            views = self._prepare(path)
            waiting.append((path, views))
            pictures += not isinstance(views, Skipped)
            if pictures == self._batch_size:
                yield from self._answer(waiting)
                waiting, pictures = [], 0
        yield from self._answer(waiting)

    def _prepare(self, path: Path) -> NDArray[Any] | Skipped:
        """Return the views of a picture file, (views, height, width, channels)."""
        try:
            if path.stat().st_size > MOST_PICTURE_BYTES:
                return Skipped(str(path), TOO_LARGE)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Pillow's, about what is odd in a file
                return self._preparation.prepare(path.read_bytes(), path, self._dtype)
        except OSError as error:
            return Skipped(str(path), error.strerror or str(error))
        except DataError as error:
            return Skipped(str(path), str(error.fields["found"]))

    def _answer(
        self, waiting: list[tuple[Path, NDArray[Any] | Skipped]]
    ) -> Iterator[tuple[Path, Answer | Skipped]]:
        pictures = [views for _, views in waiting if not isinstance(views, Skipped)]
        answers = iter(self._probabilities(np.stack(pictures, axis=1)) if pictures else ())
        for path, views in waiting:
            yield path, views if isinstance(views, Skipped) else self._named(next(answers))

    def _probabilities(self, views: NDArray[Any]) -> NDArray[np.float64]:
        """Return the probabilities of the classes, (pictures, classes), from (views, pictures, …)."""
        count = views.shape[1]
        padding = ((0, 0), (0, self._batch_size - count), (0, 0), (0, 0), (0, 0))
        self._control.set_batch(step=0, epoch=0, cursor=0, valid=count)
        self._evaluation.run(np.pad(views, padding))
        return self._evaluation.mean(self._cost, PROBABILITIES.name)[:count]

    def _named(self, probabilities: NDArray[np.float64]) -> Answer:
        names = self._preparation.class_names
        return tuple(
            (names[number] if number < len(names) else f"class {number}", float(probabilities[number]))
            for number in np.argsort(-probabilities, kind="stable")
        )


def answering_cost(layers: dict[str, InferredLayer]) -> str:
    """Return the name of the first cost that can tell a wrong answer; raises PlanError."""
    for layer in layers.values():
        if isinstance(layer.layer, CostLayer) and layer.layer.counts_errors:
            return layer.name
    raise PlanError(
        layer="network",
        expected="a cost that can tell a wrong answer, such as a cross entropy",
        found="none",
        hint="Only networks that tell classes apart can predict them.",
    )
