"""Trains on one device what a split trains that changes the answer: by updates after each pass, or by
statistics over each device's own examples.

It shares nothing with such a split's plan but kernels: each pass, or each device's share of the batch, is a
batch of its own to a network on one device, whose gradients are taken from it, and which this module updates.

Source: Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks", section 4.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import PlanError
from engine.graph.network_file import NetworkFile
from engine.graph.split import Split
from engine.layers.batch_norm import BatchNorm
from engine.plan.analysis.infer import InferredLayer, all_weights
from engine.plan.analysis.partition.places import layers_in_passes, order_batch, own_statistics, place_layers
from engine.plan.compile.draft import COUNTERS, SETTINGS
from engine.plan.compile.pipeline import EVALUATE, TRAIN, compile_network
from engine.plan.types import DType, TrainingPlan
from engine.runtime.executor import Executor
from engine.training.initial import initial_weights
from engine.training.step_control import StepControl
from engine.training.verification import CALM, Arrays, Course, Example
from kernels.control import DECAY, MOMENTUM, RATE


def changes_the_answer(layers: Mapping[str, InferredLayer], split: Split) -> bool:
    """Whether a split is meant to give another answer than one device, which ``train_in_parts`` gives too."""
    places = place_layers(layers, split)
    return split.updates == "pass" or any(places[name].shares_examples for name in own_statistics(layers))


def train_in_parts(
    network: NetworkFile,
    layers: Mapping[str, InferredLayer],
    batches: Sequence[Example],
    split: Split,
    dtype: DType = "float64",
) -> Course:
    """Return what ``verification.train`` gives for the split, if that is right.

    For SGD. Raises PlanError for a network that mixes examples in some other way besides, which cannot be
    taken apart.
    """
    _check(layers, split)
    return _Serial(network, layers, split, len(batches[0].labels), dtype).train(batches)


def _check(layers: Mapping[str, InferredLayer], split: Split) -> None:
    """Check that examples meet within the parts alone."""
    places = place_layers(layers, split)
    own = own_statistics(layers) if split.updates == "step" else frozenset()
    for name, layer in layers.items():
        if isinstance(layer.layer, BatchNorm):
            place = places[name]
            if name not in own or not place.shares_examples or len(place.ranks) < len(split.devices):
                raise PlanError(
                    layer=name,
                    expected="statistics over each device's own examples, on all devices",
                    found="others",
                    hint="Such a split can be trained, but there is nothing that it could be held against.",
                )


class _Serial:
    def __init__(
        self,
        network: NetworkFile,
        layers: Mapping[str, InferredLayer],
        split: Split,
        batch_size: int,
        dtype: DType,
    ) -> None:
        self._network = network
        by_pass = split.updates == "pass"
        in_passes = layers_in_passes(layers, place_layers(layers, split), split) if by_pass else frozenset()
        order = order_batch(batch_size, split, split.scheme if by_pass else "a")
        self._rows = (
            [rows[0] for rows in order.passes] if by_pass else list(itertools.pairwise(order.shares.offsets))
        )
        self._plans = {
            size: compile_network(network.graph, size, dtype=dtype, training=network.training)
            for size in {last - first for first, last in self._rows} | {batch_size}
        }
        self._executors = {size: Executor(plan) for size, plan in self._plans.items()}
        self._batch_size = batch_size
        self._plan = self._plans[batch_size]
        seed = network.training.seed
        self._weights = {
            name: initial_weights(spec, number, seed)
            for number, (name, spec) in enumerate(all_weights(layers).items())
        }
        self._velocities = {
            slot.weight: np.zeros(self._weights[slot.weight].shape) for slot in self._plan.slots
        }
        self._averages = {buffer.name for buffer in self._plan.by_role("average")}
        self._in_passes = {
            weight for name, layer in layers.items() if name in in_passes for weight in layer.named_weights
        }
        control = self._control(self._plan, 0)
        control.set_rates(0.0)
        self._settings = self._executors[batch_size].arrays[SETTINGS].copy()
        self._settings[:, RATE] *= CALM

    def train(self, batches: Sequence[Example]) -> Course:
        """Train on the batches, and test on the last."""
        figures = []
        sums: Arrays = {}
        for step, batch in enumerate(batches):
            sums = self._step(step, batch, sums)
            figures.append(sums)
        executor = self._executors[self._batch_size]
        self._load(executor)
        for name, values in sums.items():
            executor.arrays[name] = values
        control = self._control(self._plan, 0)
        control.set_batch(step=len(batches) - 1, epoch=0, cursor=0, valid=batches[-1].valid)
        _feed(self._plan, executor, batches[-1], (0, self._batch_size))
        executor.run(EVALUATE)
        figures.append(_metrics(self._plan, executor))
        velocities = {
            state: self._velocities[slot.weight] for slot in self._plan.slots for state in slot.states
        }
        return Course(self._weights | velocities, figures)

    def _step(self, step: int, batch: Example, sums: Arrays) -> Arrays:
        """Do a step in passes; return the figures so far, of which ``sums`` are those before it."""
        whole: dict[tuple[int, str], NDArray[Any]] = {}
        averages = {name: np.zeros_like(self._weights[name]) for name in self._averages}
        for first, last in self._rows:
            plan, executor = self._plans[last - first], self._executors[last - first]
            self._load(executor)
            for name, values in sums.items():
                executor.arrays[name] = values
            self._control(plan, first).set_batch(step=step, epoch=0, cursor=0, valid=batch.valid)
            _feed(plan, executor, batch, (first, last))
            executor.run(TRAIN)
            sums = _metrics(plan, executor)
            for name in averages:
                averages[name] += executor.arrays[name] / len(self._rows)
            for slot in plan.slots:
                # With rate 1, no momentum and no decay, SGD leaves the gradient as velocity.
                gradient = -executor.arrays[slot.states[0]]
                if slot.weight in self._in_passes:
                    self._update(slot.slot, slot.weight, gradient)
                else:
                    key = slot.slot, slot.weight
                    whole[key] = whole[key] + gradient if key in whole else gradient
        for (slot_number, weight), gradient in whole.items():
            self._update(slot_number, weight, gradient)
        self._weights |= averages
        return sums

    def _update(self, slot: int, weight: str, gradient: NDArray[Any]) -> None:
        row, weights, velocity = self._settings[slot], self._weights[weight], self._velocities[weight]
        velocity *= row[MOMENTUM]
        velocity -= row[DECAY] * row[RATE] * weights + row[RATE] * gradient
        weights += velocity

    def _control(self, plan: TrainingPlan, first: int) -> StepControl:
        arrays = self._executors[plan.batch_size].arrays
        return StepControl(
            arrays, plan.slots, self._network.training, self._network.training.seed, {COUNTERS: first}
        )

    def _load(self, executor: Executor) -> None:
        """Put in the weights as they are, and have updates leave gradients."""
        for name, values in self._weights.items():
            executor.arrays[name] = values
        for name in self._velocity_names():
            executor.arrays[name] = 0.0
        settings = np.zeros_like(self._settings)
        settings[:, RATE] = 1.0
        executor.arrays[SETTINGS] = settings

    def _velocity_names(self) -> list[str]:
        return [state for slot in self._plan.slots for state in slot.states]


def _feed(plan: TrainingPlan, executor: Executor, batch: Example, rows: tuple[int, int]) -> None:
    for buffer in plan.by_role("input"):
        executor.arrays[buffer.name] = batch.pictures[slice(*rows)]
    for buffer in plan.by_role("labels"):
        executor.arrays[buffer.name] = batch.labels[slice(*rows)]


def _metrics(plan: TrainingPlan, executor: Executor) -> Arrays:
    return {buffer.name: executor.arrays[buffer.name].copy() for buffer in plan.by_role("metrics")}
