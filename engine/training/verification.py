"""Trains a network split and unsplit from one seed, and compares: a split must not change the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.graph.network_file import NetworkFile
from engine.layers.data import Data
from engine.parallel.communicators.communicator import Communicator
from engine.parallel.communicators.local import run_ranks
from engine.plan.analysis.infer import InferredLayer, all_weights
from engine.plan.compile.draft import SETTINGS
from engine.plan.compile.pipeline import EVALUATE, TRAIN
from engine.plan.types import TrainingPlan
from engine.runtime.distributed import Distributed
from engine.runtime.executor import Executor
from engine.training.initial import initial_weights
from engine.training.step_control import StepControl
from kernels.control import RATE
from kernels.philox import Stream, integers64, normal

CALM = 0.01
"""What learning rates are multiplied by. At a network's own rate, random pictures may drive it into chaos,
where rounding grows tenfold every few steps; a fault shows at any rate."""

_FLOOR = 1e-3

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Example:
    """A batch made up for verification: ``pictures`` and ``labels``, of which the first ``valid`` count."""

    pictures: NDArray[np.float64]
    labels: NDArray[np.int32]
    valid: int


@dataclass(frozen=True)
class Course:
    """What came of a training: weights and velocities after it, and the sums of the figures of each step."""

    weights: Arrays
    figures: Sequence[Arrays]


def make_batches(
    layers: Mapping[str, InferredLayer], batch_size: int, steps: int, seed: int
) -> list[Example]:
    """Return batches of random pictures and labels. Every third is short, now and then of a single example.

    The network's costs tell how many classes there are.
    """
    shape = next(layer.output.shape for layer in layers.values() if isinstance(layer.layer, Data))
    classes = min(layer.inputs[0].shape[-1] for layer in layers.values() if layer.layer.is_cost)
    count = int(np.prod((batch_size, *shape)))
    batches = []
    for step in range(steps):
        pictures = normal(count, seed=seed, stream=Stream.SYNTHESIS, step=step)
        numbers = integers64(batch_size, seed=seed, stream=Stream.SPLIT, step=step)
        valid = batch_size if step % 3 != 2 else max(1, (batch_size - 1) * (step % 2))
        labels = (numbers % np.uint64(classes)).astype(np.int32)
        batches.append(Example(pictures.reshape(batch_size, *shape), labels, valid))
    return batches


def train(
    plan: TrainingPlan,
    network: NetworkFile,
    layers: Mapping[str, InferredLayer],
    batches: Sequence[Example],
    start: Arrays | None = None,
    *,
    devices: Sequence[str] = (),
) -> Course:
    """Train a plan on all its ranks, as threads, and test it on the last batch.

    Weights start as the network's seed says, or as ``start`` does, which may hold velocities too.
    ``devices`` are those of the ranks, where the plan is for GPUs.
    """

    def of_rank(line: Communicator) -> Course:
        device = devices[line.rank] if devices else ""
        return train_rank(plan, network, layers, batches, line=line, start=start, device=device)

    return run_ranks(len(plan.ranks), of_rank)[0]


def train_rank(
    plan: TrainingPlan,
    network: NetworkFile,
    layers: Mapping[str, InferredLayer],
    batches: Sequence[Example],
    *,
    line: Communicator,
    start: Arrays | None = None,
    device: str = "",
) -> Course:
    """Do one rank's part of ``train`` on a device; what is returned is the same on all ranks."""
    executor = Executor(plan, line.rank, line, device=device)
    arrays = Distributed(plan, executor.arrays, line)
    seed = network.training.seed
    control = StepControl(executor.arrays, plan.slots, network.training, seed, plan.first_rows(line.rank))
    for number, (name, spec) in enumerate(all_weights(layers).items()):
        arrays.put(name, initial_weights(spec, number, seed))
    for name, values in (start or {}).items():
        arrays.put(name, values)
    control.set_rates(0.0)
    rows = executor.arrays[SETTINGS].copy()
    rows[:, RATE] *= CALM
    executor.arrays[SETTINGS] = rows
    figures = []
    for step, batch in enumerate(batches):
        control.set_batch(step=step, epoch=0, cursor=0, valid=batch.valid)
        _feed(plan, arrays, batch)
        executor.run(TRAIN)
        figures.append(_whole(arrays, plan, ("metrics",)))
    executor.run(EVALUATE)
    figures.append(_whole(arrays, plan, ("metrics",)))
    return Course(_whole(arrays, plan, ("weight", "average", "velocity")), figures)


def deviation(one: Course, other: Course) -> dict[str, float]:
    """Return how far each array of ``other`` is from that of ``one``, relative to the latter's largest value.

    Values below a thousandth of the largest of all weights are compared with that: where a gradient is zero
    but for rounding, rounding would be compared with itself. ``figures`` stands for the sums of all steps.
    """
    floor = _FLOOR * max(float(np.abs(values).max(initial=0.0)) for values in one.weights.values())
    found = {name: _deviation(values, other.weights[name], floor) for name, values in one.weights.items()}
    pairs = (
        (mine[name], theirs[name])
        for mine, theirs in zip(one.figures, other.figures, strict=True)
        for name in mine
    )
    return found | {"figures": max(_deviation(mine, theirs, 0.0) for mine, theirs in pairs)}


def _deviation(values: NDArray[Any], others: NDArray[Any], floor: float) -> float:
    largest = max(float(np.abs(values).max(initial=0.0)), floor)
    difference = float(np.abs(values - others).max(initial=0.0))
    if not np.isfinite(difference):
        return float("inf")
    return difference / largest if largest else difference


def _feed(plan: TrainingPlan, arrays: Distributed, batch: Example) -> None:
    for buffer in plan.by_role("input"):
        arrays.put(buffer.name, batch.pictures)
    for buffer in plan.by_role("labels"):
        arrays.put(buffer.name, batch.labels)


def _whole(arrays: Distributed, plan: TrainingPlan, roles: Iterable[Any]) -> Arrays:
    return {buffer.name: arrays.whole(buffer.name) for role in roles for buffer in plan.by_role(role)}
