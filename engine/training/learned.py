"""The arrays that a training changes, which may be shared out over ranks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from engine.checkpoint.format import Tensors
from engine.plan.analysis.infer import InferredLayer, all_weights
from engine.plan.types import Role, TrainingPlan
from engine.runtime.arrays import Arrays
from engine.runtime.distributed import Distributed
from engine.training.initial import initial_weights

LEARNED: tuple[Role, ...] = ("weight", "average", "velocity", "metrics")
"""Roles of the buffers that a training changes."""


class Learned:
    """Weights, their averages and velocities, and the sums of figures: all ``buffers`` of a checkpoint."""

    def __init__(
        self,
        plan: TrainingPlan,
        arrays: Arrays,
        shared: Distributed,
        layers: Mapping[str, InferredLayer],
        seed: int,
    ) -> None:
        """All are as at the start of a training; the weights of ``layers`` follow from ``seed``."""
        self.buffers = [buffer for role in LEARNED for buffer in plan.by_role(role)]
        self._arrays = arrays
        self._shared = shared
        self._layers = layers
        self._seed = seed
        self._dtype = plan.dtype
        self.begin()

    def begin(self) -> None:
        """Return to the start: initial weights, and nothing else yet."""
        for buffer in self.buffers:
            if buffer.name in self._arrays:
                self._arrays[buffer.name] = 0
        for number, (name, spec) in enumerate(all_weights(self._layers).items()):
            self._shared.put(name, initial_weights(spec, number, self._seed, self._dtype))

    def take(self, tensors: Tensors) -> list[str]:
        """Take over what a checkpoint holds; return the names of what it lacks, or has of another shape."""
        lacking = []
        for buffer in self.buffers:
            if buffer.name in tensors and tensors[buffer.name].shape == buffer.shape:
                self._shared.put(buffer.name, tensors[buffer.name])
            else:
                lacking.append(buffer.name)
        return lacking

    def of_rank(self) -> dict[str, NDArray[Any]]:
        """Return all arrays that this rank holds of them."""
        names = (buffer.name for buffer in self.buffers)
        return {name: self._arrays[name] for name in names if name in self._arrays}
