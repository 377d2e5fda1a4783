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
        """Starting weights of ``layers`` follow from ``seed``. All is yet to be begun, or taken over."""
        self.buffers = [buffer for role in LEARNED for buffer in plan.by_role(role)]
        self._arrays = arrays
        self._shared = shared
        self._seed = seed
        self._dtype = plan.dtype
        self._weights = {
            name: (number, spec) for number, (name, spec) in enumerate(all_weights(layers).items())
        }

    def begin(self) -> None:
        """Go to the start: initial weights, and nothing else yet."""
        for buffer in self.buffers:
            self._begin(buffer.name)

    def _begin(self, name: str) -> None:
        if name in self._weights:
            number, spec = self._weights[name]
            self._shared.put(name, initial_weights(spec, number, self._seed, self._dtype))
        elif name in self._arrays:
            self._arrays[name] = 0

    def take(self, tensors: Tensors) -> list[str]:
        """Take over what a checkpoint holds; return the names of what it lacks, or has of another shape.

        These begin anew.
        """
        lacking = []
        for buffer in self.buffers:
            if buffer.name in tensors and tensors[buffer.name].shape == buffer.shape:
                self._shared.put(buffer.name, tensors[buffer.name])
            else:
                self._begin(buffer.name)
                lacking.append(buffer.name)
        return lacking

    def of_rank(self) -> dict[str, NDArray[Any]]:
        """Return all arrays that this rank holds of them."""
        names = (buffer.name for buffer in self.buffers)
        return {name: self._arrays[name] for name in names if name in self._arrays}
