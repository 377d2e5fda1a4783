"""Ports of cards: what they are called, and where they lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF

from engine.graph.layer_graph import LayerGraph, Wire
from engine.layers.base import Layer
from studio.models.connecting import slot_of
from studio.models.layout import CARD_HEIGHT, CARD_WIDTH

PORT_RADIUS = 5.0
PORT_REACH = 12.0
"""How far from a port's centre a press still means the port, px."""


@dataclass(frozen=True)
class PortRef:
    """A port of a layer: one of its inputs by number, or its output."""

    layer: str
    side: Literal["input", "output"]
    index: int = 0


def input_of(graph: LayerGraph, wire: Wire) -> PortRef:
    """Return the input that a wire enters."""
    return PortRef(wire.target, "input", slot_of(graph[wire.target], wire.port))


def ports_of(name: str, layer: Layer) -> list[PortRef]:
    """Return all ports of a layer."""
    inputs = [PortRef(name, "input", index) for index in range(len(layer.inputs))]
    return inputs if layer.is_cost else [*inputs, PortRef(name, "output")]


def port_place(layer: Layer | None, port: PortRef) -> QPointF:
    """Return a port's centre on its card."""
    if port.side == "output" or layer is None:
        return QPointF(CARD_WIDTH / 2, CARD_HEIGHT)
    count = max(1, len(layer.inputs))
    return QPointF(CARD_WIDTH * (port.index + 1) / (count + 1), 0.0)
