"""What is shared out: a program as for one device, and all that a split says of its network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.plan.analysis.partition.places import BatchOrder, Place, even
from engine.plan.types import Buffer, Operation, Rows, Shares

COUNTERS = "counters"
"""The port, and the buffer, of the step's counters."""


@dataclass(frozen=True)
class WholeProgram:
    """A program as one device would run it. ``gradients`` are buffers by what they are the gradient of."""

    buffers: Mapping[str, Buffer]
    operations: Sequence[Operation]
    gradients: Mapping[str, str]

    def of_control(self, name: str) -> bool:
        """Whether a buffer holds what the host tells a step: every rank has it for itself."""
        return self.buffers[name].role == "control"


@dataclass(frozen=True)
class Scheme:
    """Places of layers, how batches are taken, and the layer that each array of ``weights`` belongs to.

    With ``updates_each_pass``, what learns in passes is updated after each. Layers of ``own_statistics`` take
    theirs over each device's own examples.
    """

    layers: Mapping[str, Place]
    weights: Mapping[str, str]
    in_passes: frozenset[str]
    batch: BatchOrder
    ranks: tuple[int, ...]
    updates_each_pass: bool = False
    own_statistics: frozenset[str] = frozenset()

    def examples(self, ranks: tuple[int, ...]) -> tuple[Shares, Rows]:
        """Return how layers on ``ranks`` share out a batch's rows, and these in order, () for their own."""
        if ranks == self.ranks:
            return self.batch.shares, self.batch.rows
        return even(self.batch.shares.offsets[-1], ranks), ()


def is_update(operation: Operation) -> bool:
    """Whether an operation updates weights; it goes where these are."""
    return operation.kind.endswith(".update")
