"""What the canvas shows of the network besides its layers: one thing at a time."""

from __future__ import annotations

from enum import StrEnum

from studio.models.observable import Event


class Lens(StrEnum):
    """What cards and wires tell."""

    SHAPES = "shapes"  # what flows along each wire
    COST = "cost"  # weights, multiply-adds and memory of each layer
    GRADIENTS = "gradients"  # along which wires gradients come back


class LensChoice:
    """The lens that is on."""

    def __init__(self) -> None:
        self.changed: Event[[]] = Event()
        self._lens = Lens.SHAPES

    @property
    def lens(self) -> Lens:
        """The lens that is on."""
        return self._lens

    def choose(self, lens: Lens) -> None:
        """Put another lens on."""
        if lens is not self._lens:
            self._lens = lens
            self.changed.emit()
