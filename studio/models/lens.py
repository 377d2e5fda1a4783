"""What the canvas shows of the network besides its layers: one thing at a time."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from engine.protocol.messages import HealthMeasured, LayerHealth
from studio.models.observable import Event


class Lens(StrEnum):
    """What cards and wires tell."""

    SHAPES = "shapes"  # what flows along each wire
    COST = "cost"  # weights, multiply-adds and memory of each layer
    GRADIENTS = "gradients"  # along which wires gradients come back
    HEALTH = "health"  # how each layer fares in the training
    SPLIT = "split"  # which devices layers run on, and what is sent between them


class LensChoice:
    """The lens that is on."""

    def __init__(self) -> None:
        self.changed: Event[[]] = Event()
        self._lens = Lens.SHAPES
        self.health: Mapping[str, LayerHealth] = {}

    @property
    def lens(self) -> Lens:
        """The lens that is on."""
        return self._lens

    def show_health(self, reading: HealthMeasured | None) -> None:
        """Take how the layers fared last; None: not measured yet."""
        self.health = {layer.layer: layer for layer in reading.layers} if reading is not None else {}
        if self._lens is Lens.HEALTH:
            self.changed.emit()

    def choose(self, lens: Lens) -> None:
        """Put another lens on."""
        if lens is not self._lens:
            self._lens = lens
            self.changed.emit()
