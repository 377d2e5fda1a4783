"""The wire that is being drawn: from a port to the pointer, with the ports where it may end lit up."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QGraphicsPathItem

from engine.graph.layer_graph import LayerGraph, Wire
from studio.models.connecting import best_wire, obstacle, wires_from, wires_into
from studio.qt import theme
from studio.qt.canvas.node_item import NodeItem
from studio.qt.canvas.ports import PortRef, input_of
from studio.qt.canvas.routes import curve
from studio.qt.texts import obstacle_text


class PendingWire(QGraphicsPathItem):
    """Starts at ``port``; ``lifted`` is the wire that was in it, which is led elsewhere from its source.

    Where it may not end, ``refusal`` says why; it is empty elsewhere.
    """

    def __init__(
        self, graph: LayerGraph, nodes: Mapping[str, NodeItem], port: PortRef, lifted: Wire | None
    ) -> None:
        super().__init__()
        self.lifted = lifted
        if lifted is not None:
            graph = graph.copy()
            graph.disconnect(lifted)
        self._graph = graph
        self._nodes = nodes
        self._port = port if lifted is None else PortRef(lifted.source, "output")
        if self._port.side == "output":
            wires = wires_from(graph, self._port.layer)
            self._ends = {input_of(graph, wire): wire for wire in wires}
        else:
            wires = wires_into(graph, self._port.layer, self._port.index)
            self._ends = {PortRef(wire.source, "output"): wire for wire in wires}
        for name, node in nodes.items():
            node.offer(frozenset(end for end in self._ends if end.layer == name))
        self.wire: Wire | None = None
        self.refusal = ""
        self.setZValue(3)

    def lead_to(self, place: QPointF) -> None:
        """Follow the pointer; ``wire`` is what letting go here would connect, or None."""
        self.wire = self._wire_at(place)
        self.refusal = "" if self.wire is not None else self._refusal_at(place)
        end = None if self.wire is None else self._end_of(self.wire)
        for name, node in self._nodes.items():
            node.hover(end if end is not None and end.layer == name else None)
        far = place if end is None else self._nodes[end.layer].port_point(end)
        near = self._nodes[self._port.layer].port_point(self._port)
        self.setPath(curve(near, far) if self._port.side == "output" else curve(far, near))
        pen = QPen(theme.colour("accent" if self.wire else "secondary"), 2)
        if self.wire is None:
            pen.setStyle(Qt.PenStyle.DashLine)
        self.setPen(pen)

    def finish(self) -> None:
        """Put the ports' lights out."""
        for node in self._nodes.values():
            node.offer(frozenset())
            node.hover(None)

    def _end_of(self, wire: Wire) -> PortRef:
        if self._port.side == "output":
            return input_of(self._graph, wire)
        return PortRef(wire.source, "output")

    def _wire_at(self, place: QPointF) -> Wire | None:
        for name, node in self._nodes.items():
            port = node.port_at(place)
            if port in self._ends:
                return self._ends[port]
            if node.contains(node.mapFromScene(place)):
                return self._wire_onto(name)
        return None

    def _refusal_at(self, place: QPointF) -> str:
        for name, node in self._nodes.items():
            is_there = node.port_at(place) is not None or node.contains(node.mapFromScene(place))
            if is_there and name != self._port.layer:
                ends = (self._port.layer, name) if self._port.side == "output" else (name, self._port.layer)
                return obstacle_text(obstacle(self._graph, *ends), *ends)
        return ""

    def _wire_onto(self, name: str) -> Wire | None:
        """Return the wire for a drop anywhere on a card."""
        if self._port.side == "input":
            return self._ends.get(PortRef(name, "output"))
        return best_wire(self._graph, self._port.layer, name)
