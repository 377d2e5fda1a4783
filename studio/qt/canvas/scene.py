"""The canvas's scene: mirrors the document and the selection, and turns mouse gestures into edits."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QPointF, QRectF, Qt
from PySide6.QtWidgets import (
    QApplication,
    QGraphicsScene,
    QGraphicsSceneDragDropEvent,
    QGraphicsSceneMouseEvent,
    QToolTip,
)

from engine.errors import MissingInputError, ShapeMismatchError
from engine.graph.layer_graph import Wire
from engine.layers.catalogue import KINDS
from studio.models import editing
from studio.models.connecting import last_wire_into, slot_of
from studio.models.document import Document
from studio.models.edits import Position
from studio.models.layout import CARD_HEIGHT, CARD_WIDTH, LIMIT, snapped
from studio.models.problem_marks import ProblemMarks, mark_problems
from studio.models.selection import Selection
from studio.qt.canvas.node_item import NodeItem, PortRef, input_of
from studio.qt.canvas.pending_wire import PendingWire
from studio.qt.canvas.wire_item import WireItem
from studio.qt.palette import KIND_MIME
from studio.qt.texts import error_text


@dataclass
class _Drag:
    """Cards that are being moved: where the press was, and where each card and the grabbed one were."""

    press: QPointF
    starts: dict[str, Position]
    grabbed: str
    has_begun: bool = False


class CanvasScene(QGraphicsScene):
    """Holds an item for each layer and wire of the document, and nothing else for long."""

    def __init__(self, document: Document, selection: Selection, parent: QObject | None = None) -> None:
        super().__init__(-LIMIT, -LIMIT, 2 * LIMIT, 2 * LIMIT, parent)
        # Items move all the time and are few: an index would cost more than it finds.
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self._document = document
        self._selection = selection
        self.nodes: dict[str, NodeItem] = {}
        self.wires: dict[Wire, WireItem] = {}
        self._pending: PendingWire | None = None
        self._drag: _Drag | None = None
        self._is_mirroring = False
        document.renamed.connect(self._on_renamed)
        document.changed.connect(self._on_document_changed)
        selection.changed.connect(self._on_selection_changed)
        self.selectionChanged.connect(self._on_items_selected)
        self._on_document_changed()

    def detach(self) -> None:
        """Listen to the models no more; for when the window closes."""
        self._document.renamed.disconnect(self._on_renamed)
        self._document.changed.disconnect(self._on_document_changed)
        self._selection.changed.disconnect(self._on_selection_changed)

    def network_rect(self) -> QRectF:
        """Return the rectangle that holds all cards."""
        return self._rect_of(list(self.nodes))

    def selection_rect(self) -> QRectF:
        """Return the rectangle that holds the selected cards; an empty one where none is."""
        return self._rect_of(list(self._selection.layers))

    def _rect_of(self, names: list[str]) -> QRectF:
        rect = QRectF()
        for name in names:
            rect = rect.united(self.nodes[name].sceneBoundingRect())
        return rect

    # ---- mirroring ---------------------------------------------------------------------------------------

    def _on_renamed(self, name: str, new_name: str) -> None:
        node = self.nodes.pop(name)
        node.rename(new_name)
        self.nodes[new_name] = node

    def _on_document_changed(self) -> None:
        self.cancel()
        self._is_mirroring = True
        graph, inspection = self._document.network.graph, self._document.inspection
        marks = mark_problems(graph, inspection.problems)
        self._mirror_nodes(marks)
        self._mirror_wires(marks)
        self._is_mirroring = False
        self._on_selection_changed()

    def _mirror_nodes(self, marks: ProblemMarks) -> None:
        network = self._document.network
        for name in [name for name in self.nodes if name not in network.graph]:
            self.removeItem(self.nodes.pop(name))
        for name, layer in network.graph.layers().items():
            if name not in self.nodes:
                self.nodes[name] = NodeItem(name)
                self.addItem(self.nodes[name])
            problems = tuple(marks.layers.get(name, ()))
            missing = frozenset(
                slot_of(layer, int(str(problem.fields["index"])))
                for problem in problems
                if isinstance(problem, MissingInputError)
            )
            self.nodes[name].show_layer(layer, problems, missing)
            self.nodes[name].setPos(*network.positions[name])

    def _mirror_wires(self, marks: ProblemMarks) -> None:
        wires = self._document.network.graph.wires()
        for wire in self.wires.keys() - set(wires):
            self.wires.pop(wire).take_out()
        for wire in wires:
            if wire not in self.wires:
                self.wires[wire] = WireItem(wire)
                self.wires[wire].put_into(self)
            self._lead(wire)
            self._describe(wire, marks)

    def _lead(self, wire: Wire) -> None:
        start = self.nodes[wire.source].port_point(PortRef(wire.source, "output"))
        end = self.nodes[wire.target].port_point(input_of(self._document.network.graph, wire))
        self.wires[wire].run(start, end)

    def _describe(self, wire: Wire, marks: ProblemMarks) -> None:
        flow = self._document.inspection.outputs.get(wire.source)
        words = "" if flow is None else str(flow)
        problem = marks.wires.get(wire)
        if problem is None:
            explanation = f"{wire.source} → {wire.target}" + (f": {words}" if words else "")
        else:
            explanation = error_text(problem)
        if isinstance(problem, ShapeMismatchError):
            words = self.tr("{found}, not {expected}").format(**problem.fields)
        self.wires[wire].show_flow(words, explanation, is_wrong=problem is not None)

    def _on_selection_changed(self) -> None:
        if self._is_mirroring:
            return
        self._is_mirroring = True
        layers = set(self._selection.layers)
        for name, node in self.nodes.items():
            node.setSelected(name in layers)
        for wire, item in self.wires.items():
            item.setSelected(wire in self._selection.wires)
        self._is_mirroring = False

    def _on_items_selected(self) -> None:
        if self._is_mirroring:
            return
        layers = {name for name, node in self.nodes.items() if node.isSelected()}
        kept = [name for name in self._selection.layers if name in layers]
        added = [name for name in self.nodes if name in layers and name not in kept]
        wires = [wire for wire, item in self.wires.items() if item.isSelected()]
        self._is_mirroring = True
        self._selection.select([*kept, *added], wires)
        self._is_mirroring = False

    # ---- gestures ----------------------------------------------------------------------------------------

    @property
    def is_busy(self) -> bool:
        """Whether a wire is being drawn or cards are being moved."""
        return self._pending is not None or self._drag is not None

    def cancel(self) -> None:
        """Give up the gesture that is going on: cards go back, a wire that is being drawn vanishes."""
        self._drop_pending()
        drag, self._drag = self._drag, None
        if drag is not None and drag.has_begun:
            for name in drag.starts.keys() & self._document.network.graph.layers().keys():
                self._put(name, self._document.network.positions[name])

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            port = self._port_at(event.scenePos())
            if port is not None:
                self._draw_wire(port, event.scenePos())
                event.accept()
                return
        super().mousePressEvent(event)
        node = self._node_at(event.scenePos())
        if event.button() == Qt.MouseButton.LeftButton and node is not None and node.isSelected():
            places = self._document.network.positions
            starts = {name: places[name] for name in self._selection.layers}
            self._drag = _Drag(event.scenePos(), starts, node.name)

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if self._pending is not None:
            self._pending.lead_to(event.scenePos())
            QToolTip.showText(event.screenPos(), self._pending.refusal)  # no text hides it
        elif self._drag is not None:
            self._drag_to(self._drag, event)
        else:
            super().mouseMoveEvent(event)
            if not event.buttons():
                self._light_port(event.scenePos())

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._pending is not None:
            wire, lifted = self._pending.wire, self._pending.lifted
            self._drop_pending()
            self._finish_wire(wire, lifted)
            return
        drag, self._drag = self._drag, None
        super().mouseReleaseEvent(event)
        if drag is not None and drag.has_begun:
            editing.move(self._document, {name: self._place_of(name) for name in drag.starts})

    def _port_at(self, place: QPointF) -> PortRef | None:
        """Return the port at a place; a card hides what lies under it, but not its own ports."""
        for node in reversed(self.nodes.values()):
            port = node.port_at(place)
            if port is not None:
                return port
        return None

    def _node_at(self, place: QPointF) -> NodeItem | None:
        return next((item for item in self.items(place) if isinstance(item, NodeItem)), None)

    def _light_port(self, place: QPointF) -> None:
        port = self._port_at(place)
        for name, node in self.nodes.items():
            node.hover(port if port is not None and port.layer == name else None)

    # ---- drawing wires -----------------------------------------------------------------------------------

    def _draw_wire(self, port: PortRef, place: QPointF) -> None:
        graph = self._document.network.graph
        lifted = last_wire_into(graph, port.layer, port.index) if port.side == "input" else None
        self._pending = PendingWire(graph, self.nodes, port, lifted)
        if lifted is not None:
            self.wires[lifted].show_all(False)
        self.addItem(self._pending)
        self._pending.lead_to(place)

    def _drop_pending(self) -> None:
        if self._pending is not None:
            pending, self._pending = self._pending, None
            pending.finish()
            QToolTip.hideText()
            if pending.lifted in self.wires:
                self.wires[pending.lifted].show_all(True)
            self.removeItem(pending)

    def _finish_wire(self, wire: Wire | None, lifted: Wire | None) -> None:
        if lifted is not None:
            editing.reroute(self._document, lifted, wire)
        elif wire is not None:
            editing.connect(self._document, wire)

    # ---- moving cards ------------------------------------------------------------------------------------

    def _drag_to(self, drag: _Drag, event: QGraphicsSceneMouseEvent) -> None:
        if not drag.has_begun:
            moved = event.screenPos() - event.buttonDownScreenPos(Qt.MouseButton.LeftButton)
            if moved.manhattanLength() < QApplication.startDragDistance():
                return
            drag.has_begun = True
        # The grabbed card snaps to the grid and the others keep their distance from it.
        by = event.scenePos() - drag.press
        x, y = drag.starts[drag.grabbed]
        to_x, to_y = snapped((x + by.x(), y + by.y()))
        for name, (start_x, start_y) in drag.starts.items():
            self._put(name, (start_x + to_x - x, start_y + to_y - y))

    def _put(self, name: str, place: Position) -> None:
        self.nodes[name].setPos(*place)
        graph = self._document.network.graph
        for wire in (*graph.inputs(name), *graph.outputs(name)):
            self._lead(wire)

    def _place_of(self, name: str) -> Position:
        place = self.nodes[name].pos()
        return place.x(), place.y()

    # ---- drops from the palette --------------------------------------------------------------------------

    def dragEnterEvent(self, event: QGraphicsSceneDragDropEvent) -> None:
        self._answer_drag(event)

    def dragMoveEvent(self, event: QGraphicsSceneDragDropEvent) -> None:
        self._answer_drag(event)

    def dropEvent(self, event: QGraphicsSceneDragDropEvent) -> None:
        kind = _dragged_kind(event)
        if kind is None:
            event.ignore()
            return
        event.acceptProposedAction()
        corner = event.scenePos() - QPointF(CARD_WIDTH / 2, CARD_HEIGHT / 2)
        name = editing.add_layer(self._document, kind, (corner.x(), corner.y()))
        self._selection.select([name])

    def _answer_drag(self, event: QGraphicsSceneDragDropEvent) -> None:
        event.setAccepted(_dragged_kind(event) is not None)


def _dragged_kind(event: QGraphicsSceneDragDropEvent) -> str | None:
    kind = bytes(event.mimeData().data(KIND_MIME).data()).decode(errors="replace")
    return kind if kind in KINDS else None
