"""Measures how the layers fare in a step, from what the step leaves behind.

The training's own programs run as they always do, so a step that is looked at is no different from others.
What the optimiser did tells the gradient: for SGD (kernels/cpu/sgd.py)

    gradient = (momentum · v_before − decay · rate · w_before − v_after) / rate

and for AdamW (kernels/cpu/adamw.py) (m_after − momentum · m_before) / (1 − momentum). Outputs are those of
the evaluation's forward operations on the same batch, without dropout.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import SETTINGS
from engine.plan.compile.pipeline import EVALUATE
from engine.plan.types import Buffer, Operation, TrainingPlan, WeightSlot
from engine.protocol.messages import HealthMeasured, Histogram, LayerHealth
from engine.runtime.executor import Executor
from kernels.control import DECAY, MOMENTUM, RATE

BINS = 32
"""Intervals of a histogram."""

BUDGET = 0.01
"""Share of a training's time that may be spent on looking at it."""

MOST_EXAMPLES = 32
"""Examples of a batch whose outputs are looked at."""

MOST_NUMBERS = 1 << 15
"""Numbers that a histogram counts; of more, so many are taken at equal distances."""

Array = NDArray[Any]


class HealthProbe:
    """``begin`` before a step and ``end`` after it; None of both changes what is learned."""

    def __init__(self, plan: TrainingPlan, executor: Executor, layers: Mapping[str, InferredLayer]) -> None:
        self._plan, self._executor = plan, executor
        self._slots = {
            layer: slot
            for slot in plan.slots
            if (layer := slot.weight.removesuffix(".weights")) != slot.weight
        }
        self._order = list(layers)
        self._before: dict[str, Array] = {}
        self._spent = 0.0

    def is_affordable(self, seconds: float) -> bool:
        """Whether there is time to look at the next step of a training that took ``seconds`` so far."""
        return self._spent <= BUDGET * seconds

    def begin(self) -> None:
        """Remember what the next step will change."""
        began = time.perf_counter()
        arrays = self._executor.arrays
        names = (name for slot in self._slots.values() for name in (slot.weight, slot.states[0]))
        self._before = {name: np.array(arrays[name], np.float32) for name in names}
        self._spent += time.perf_counter() - began

    def end(self, step: int, valid: int) -> HealthMeasured:
        """Return how the layers fared; ``valid`` rows of the batch hold an example."""
        began = time.perf_counter()
        found = dict(self._learned())
        for layer, health in self._outputs(valid):
            found[layer] = _joined(found.get(layer), health)
        self._before = {}
        self._spent += time.perf_counter() - began
        return HealthMeasured(step, tuple(found[layer] for layer in self._order if layer in found))

    def _learned(self) -> Iterator[tuple[str, LayerHealth]]:
        for layer, slot in self._slots.items():
            old, new = self._before[slot.weight], self._executor.arrays[slot.weight]
            gradient = self._gradient(slot, old)
            yield (
                layer,
                LayerHealth(
                    layer,
                    weights=histogram(new),
                    gradients=None if gradient is None else histogram(gradient),
                    gradient_norm=None if gradient is None else _norm(gradient),
                    update_ratio=_ratio(_norm(new - old), _norm(old)),
                ),
            )

    def _gradient(self, slot: WeightSlot, old: Array) -> Array | None:
        row = self._executor.arrays[SETTINGS][slot.slot]
        rate, momentum, decay = float(row[RATE]), float(row[MOMENTUM]), float(row[DECAY])
        before, after = self._before[slot.states[0]], self._executor.arrays[slot.states[0]]
        if len(slot.states) > 1:
            means: Array = (after - momentum * before) / (1 - momentum)
            return means
        if rate == 0:
            return None
        gradient: Array = (momentum * before - decay * rate * old - after) / rate
        return gradient

    def _outputs(self, valid: int) -> Iterator[tuple[str, LayerHealth]]:
        metrics = {buffer.name for buffer in self._plan.by_role("metrics")}
        for operation, call in self._executor.calls(EVALUATE):
            if not metrics.isdisjoint(operation.outputs.values()):
                continue  # what the costs sum up is the training's
            call()
            buffer = self._output_of(operation)
            if buffer is not None:
                some = self._executor.content(EVALUATE, buffer.name)[:valid][:: -(-valid // MOST_EXAMPLES)]
                alive = (some != 0).any(axis=tuple(range(some.ndim - 1)))
                dead = 1.0 - float(np.count_nonzero(alive)) / alive.size
                yield operation.layer, LayerHealth(operation.layer, outputs=histogram(some), dead=dead)

    def _output_of(self, operation: Operation) -> Buffer | None:
        for name in operation.outputs.values():
            buffer = self._plan.buffers[name]
            if name == f"{operation.layer}.output" and buffer.is_real and buffer.role != "input":
                return buffer
        return None


def histogram(numbers: Array) -> Histogram | None:
    """Return how numbers are spread; None where there are none, or not all are finite."""
    flat = numbers.reshape(-1)
    some = np.asarray(flat[:: -(-flat.size // MOST_NUMBERS) or 1], np.float32)
    if not some.size or not np.isfinite(some).all():
        return None
    low, high = float(some.min()), float(some.max())
    if low == high:
        return Histogram(low, high, 0.0, (some.size, *(0,) * (BINS - 1)))
    # As float64: of the least and the largest float32 neither the distance nor its inverse is one.
    shares = (some.astype(np.float64) - low) / (high - low)
    places = (shares * (BINS - 1e-3)).astype(np.intp)
    counts = np.bincount(places, minlength=BINS)[:BINS]
    return Histogram(low, high, float(some.std(dtype=np.float64)), tuple(counts.tolist()))


def _norm(numbers: Array) -> float | None:
    norm = float(np.linalg.norm(np.asarray(numbers, np.float64)))
    return norm if math.isfinite(norm) else None


def _ratio(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def _joined(learned: LayerHealth | None, outputs: LayerHealth) -> LayerHealth:
    if learned is None:
        return outputs
    return LayerHealth(
        learned.layer,
        learned.weights,
        learned.gradients,
        outputs.outputs,
        learned.gradient_norm,
        learned.update_ratio,
        outputs.dead,
    )
