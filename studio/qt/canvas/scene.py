"""The canvas's scene: mirrors the document and the selection; gestures and drops turn into edits."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtWidgets import (
    QGraphicsScene,
    QGraphicsSceneDragDropEvent,
    QGraphicsSceneMouseEvent,
)

from engine.errors import MissingInputError, NetworkError
from engine.graph.layer_graph import Wire
from studio.models.connecting import slot_of
from studio.models.document import Document
from studio.models.forecast import ForecastModel
from studio.models.layout import LIMIT
from studio.models.lens import LensChoice
from studio.models.problem_marks import mark_problems
from studio.models.selection import Selection
from studio.models.shape_changes import ShapeChanges
from studio.qt.canvas.comment_item import CommentItem
from studio.qt.canvas.gestures import Gesture, Moving, Stretching, WireDrawing
from studio.qt.canvas.lenses import Showing
from studio.qt.canvas.node_item import NodeItem
from studio.qt.canvas.palette_drop import PaletteDrop
from studio.qt.canvas.pictures import Pictures
from studio.qt.canvas.ports import PortRef, input_of
from studio.qt.canvas.routes import Places, places_of
from studio.qt.canvas.wire_item import WireItem


class CanvasScene(QGraphicsScene):
    """Holds an item for each layer, wire and comment of the document, and nothing else for long.

    ``wire_dropped`` tells of a wire that was drawn from a port and let go over nothing, ``layer_dropped`` of
    an entry of the palette that became a layer.
    """

    wire_dropped = Signal(object, QPointF)
    layer_dropped = Signal()

    def __init__(
        self,
        document: Document,
        selection: Selection,
        lens: LensChoice,
        forecast: ForecastModel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(-LIMIT, -LIMIT, 2 * LIMIT, 2 * LIMIT, parent)
        # Items move all the time and are few: an index would cost more than it finds.
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.document = document
        self.selection = selection
        self._lens = lens
        self._forecast = forecast
        self.pictures = Pictures(self)
        self.nodes: dict[str, NodeItem] = {}
        self.wires: dict[Wire, WireItem] = {}
        self.comments: dict[str, CommentItem] = {}
        self._led: object = None  # what decides the ways of the wires, as they are now
        self._changes = ShapeChanges(document)
        self._gesture: Gesture | None = None
        self._palette_drop = PaletteDrop(self)
        self._lit: Wire | None = None
        self._is_mirroring = False
        self._is_thin = False
        document.renamed.connect(self._on_renamed)
        document.changed.connect(self._on_document_changed)
        selection.changed.connect(self._on_selection_changed)
        lens.changed.connect(self._mirror)
        forecast.changed.connect(self._mirror)
        self.selectionChanged.connect(self._on_items_selected)
        self._on_document_changed()

    def detach(self) -> None:
        """Listen to the models no more; for when the window closes."""
        self.document.renamed.disconnect(self._on_renamed)
        self.document.changed.disconnect(self._on_document_changed)
        self.selection.changed.disconnect(self._on_selection_changed)
        self._lens.changed.disconnect(self._mirror)
        self._forecast.changed.disconnect(self._mirror)

    # ---- where things are --------------------------------------------------------------------------------

    def network_rect(self) -> QRectF:
        """Return the rectangle that holds all cards and comments."""
        return self._rect_of([*self.nodes.values(), *self.comments.values()])

    def selection_rect(self) -> QRectF:
        """Return the rectangle that holds the selected cards and comments; an empty one where none is."""
        nodes = [self.nodes[name] for name in self.selection.layers]
        return self._rect_of([*nodes, *(self.comments[name] for name in self.selection.comments)])

    def _rect_of(self, items: list[NodeItem | CommentItem]) -> QRectF:
        rect = QRectF()
        for item in items:
            rect = rect.united(item.sceneBoundingRect())
        return rect

    def port_at(self, place: QPointF) -> PortRef | None:
        """Return the port at a place; a card hides what lies under it, but not its own ports."""
        ports = (node.port_at(place) for node in reversed(self.nodes.values()))
        return next((port for port in ports if port is not None), None)

    def wire_at(self, place: QPointF) -> Wire | None:
        """Return the wire at a place, also under a card."""
        return next((item.wire for item in self.items(place) if isinstance(item, WireItem)), None)

    def is_open(self, place: QPointF) -> bool:
        """Whether there is neither card nor port at a place."""
        return self._item_at(place, NodeItem) is None and self.port_at(place) is None

    def comment_at(self, place: QPointF) -> str | None:
        """Return the comment whose text or border is at a place, and no card above it."""
        item = self._item_at(place, (NodeItem, WireItem, CommentItem))
        return item.name if isinstance(item, CommentItem) else None

    def _item_at(self, place: QPointF, kinds: type | tuple[type, ...]) -> object:
        return next((item for item in self.items(place) if isinstance(item, kinds)), None)

    # ---- mirroring ---------------------------------------------------------------------------------------

    def _on_renamed(self, name: str, new_name: str) -> None:
        node = self.nodes.pop(name)
        node.rename(new_name)
        self.nodes[new_name] = node

    def _on_document_changed(self) -> None:
        self.cancel()
        self._changes.follow()
        self._mirror()

    def dress(self) -> None:
        """Take the theme's colours and fonts again."""
        for node in self.nodes.values():
            node.dress()
        for wire in self.wires.values():
            wire.dress()

    def _mirror(self) -> None:
        self._is_mirroring = True
        graph = self.document.network.graph
        marks = mark_problems(graph, self.document.inspection.problems)
        showing = Showing(self.document, self._lens, marks, self._changes, self._forecast)
        self._mirror_nodes(showing, marks.layers)
        self._mirror_wires(showing)
        self._mirror_comments()
        self._is_mirroring = False
        self._show_selection()

    def _mirror_nodes(self, showing: Showing, problems_at: dict[str, list[NetworkError]]) -> None:
        network = self.document.network
        for name in [name for name in self.nodes if name not in network.graph]:
            node = self.nodes.pop(name)
            self.pictures.forget([node.picture])
            self.removeItem(node)
        for name, layer in network.graph.layers().items():
            if name not in self.nodes:
                self.nodes[name] = NodeItem(name, self.pictures)
                self.addItem(self.nodes[name])
            problems = tuple(problems_at.get(name, ()))
            missing = frozenset(
                slot_of(layer, int(str(problem.fields["index"])))
                for problem in problems
                if isinstance(problem, MissingInputError)
            )
            self.nodes[name].show_layer(
                layer,
                problems,
                missing,
                facts=showing.facts(name),
                share=showing.share(name),
                strip=showing.strip(name),
            )
            self.nodes[name].setPos(*network.positions[name])

    def _mirror_wires(self, showing: Showing) -> None:
        network = self.document.network
        wires = network.graph.wires()
        for wire in self.wires.keys() - set(wires):
            self.wires.pop(wire).take_out()
        for wire in wires:
            if wire not in self.wires:
                self.wires[wire] = WireItem(wire, self.pictures)
                self.wires[wire].thin(self._is_thin)
                self.wires[wire].put_into(self)
            self.wires[wire].show_flow(showing.flow(wire))
        kinds = [type(layer) for layer in network.graph.layers().values()]
        decisive = (wires, kinds, dict(network.positions))
        if decisive != self._led:
            self.lead_all()
            self._led = decisive

    def _mirror_comments(self) -> None:
        comments = self.document.network.comments
        for name in [name for name in self.comments if name not in comments]:
            self.removeItem(self.comments.pop(name))
        for name, comment in comments.items():
            if name not in self.comments:
                self.comments[name] = CommentItem(name)
                self.addItem(self.comments[name])
            self.comments[name].show_comment(comment)

    def lead_all(self) -> None:
        """Lead all wires round the cards that lie between their ends, wherever a gesture has put these."""
        cards = places_of((node.x(), node.y()) for node in self.nodes.values())
        for wire in self.wires:
            self.lead(wire, cards)

    def lead(self, wire: Wire, cards: Places | None = None) -> None:
        """Lead a wire to where its ports are."""
        end = self.nodes[wire.target].port_point(input_of(self.document.network.graph, wire))
        self.wires[wire].run(self._start(wire), end, cards)

    def thin_wires(self, is_thin: bool) -> None:
        """Draw wires a pixel wide, as a small drawing is clearer with, and many are drawn fast."""
        if is_thin != self._is_thin:
            self._is_thin = is_thin
            for wire in self.wires.values():
                wire.thin(is_thin)

    def carry(self, wire: Wire) -> None:
        """Put a wire, as it is, to where its first port is."""
        self.wires[wire].move(self._start(wire))

    def _start(self, wire: Wire) -> QPointF:
        return self.nodes[wire.source].port_point(PortRef(wire.source, "output"))

    def _on_selection_changed(self) -> None:
        if self._changes.forget():
            self._mirror()
        elif not self._is_mirroring:
            self._show_selection()

    def _show_selection(self) -> None:
        self._is_mirroring = True
        layers, comments = set(self.selection.layers), set(self.selection.comments)
        for name, node in self.nodes.items():
            node.setSelected(name in layers)
        for wire, item in self.wires.items():
            item.setSelected(wire in self.selection.wires)
        for name, note in self.comments.items():
            note.setSelected(name in comments)
        self._is_mirroring = False

    def _on_items_selected(self) -> None:
        if self._is_mirroring:
            return
        layers = {name for name, node in self.nodes.items() if node.isSelected()}
        kept = [name for name in self.selection.layers if name in layers]
        added = [name for name in self.nodes if name in layers and name not in kept]
        wires = [wire for wire, item in self.wires.items() if item.isSelected()]
        comments = [name for name, item in self.comments.items() if item.isSelected()]
        self._is_mirroring = True
        self.selection.select([*kept, *added], wires, comments)
        self._is_mirroring = False

    # ---- gestures ----------------------------------------------------------------------------------------

    @property
    def is_busy(self) -> bool:
        """Whether a gesture goes on."""
        return self._gesture is not None

    def cancel(self) -> None:
        """Give up the gesture that is going on."""
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.cancel()

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        place = event.scenePos()
        is_left = event.button() == Qt.MouseButton.LeftButton
        port = self.port_at(place) if is_left else None
        if port is not None:
            self._gesture = WireDrawing(self, port, place)
            event.accept()
            return
        super().mousePressEvent(event)
        if is_left:
            self._gesture = self._begin(place)

    def _begin(self, place: QPointF) -> Gesture | None:
        """Return the gesture that a press on a selected card or comment begins."""
        item = self._item_at(place, (NodeItem, WireItem, CommentItem))
        if isinstance(item, CommentItem) and item.is_corner(place):
            return Stretching(self, item)
        if isinstance(item, NodeItem | CommentItem) and item.isSelected():
            return Moving(self, (item.x(), item.y()), place)
        return None

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if self._gesture is not None:
            self._gesture.move(event)
            return
        super().mouseMoveEvent(event)
        if not event.buttons():
            self._light_port(event.scenePos())

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        gesture, self._gesture = self._gesture, None
        if not isinstance(gesture, WireDrawing):
            super().mouseReleaseEvent(event)
        if gesture is not None:
            gesture.finish(event)

    def _light_port(self, place: QPointF) -> None:
        port = self.port_at(place)
        for name, node in self.nodes.items():
            node.hover(port if port is not None and port.layer == name else None)

    def light_wire(self, wire: Wire | None) -> None:
        """Light up the wire through which what is dragged can be led, and no other."""
        if self._lit in self.wires:
            self.wires[self._lit].light(False)
        self._lit = wire
        if wire is not None:
            self.wires[wire].light(True)

    # ---- drops from the palette --------------------------------------------------------------------------

    def dragEnterEvent(self, event: QGraphicsSceneDragDropEvent) -> None:
        self._palette_drop.answer(event)

    def dragMoveEvent(self, event: QGraphicsSceneDragDropEvent) -> None:
        self._palette_drop.answer(event)

    def dragLeaveEvent(self, event: QGraphicsSceneDragDropEvent) -> None:
        self.light_wire(None)

    def dropEvent(self, event: QGraphicsSceneDragDropEvent) -> None:
        if self._palette_drop.take(event):
            self.layer_dropped.emit()
