"""What a press on the canvas begins: drawing a wire, moving cards and comments, stretching a comment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QSizeF, Qt
from PySide6.QtWidgets import QApplication, QGraphicsSceneMouseEvent, QToolTip

from engine.graph.comment import Comment
from engine.graph.layer_graph import Wire
from studio.models import commenting, editing, splicing
from studio.models.connecting import last_wire_into
from studio.models.edits import Position
from studio.models.layout import snapped
from studio.qt.canvas.comment_item import CommentItem
from studio.qt.canvas.pending_wire import PendingWire
from studio.qt.canvas.ports import PortRef

if TYPE_CHECKING:
    from studio.qt.canvas.scene import CanvasScene


class Gesture(ABC):
    """Goes on from a press to the release of the button, or until it is given up."""

    def __init__(self, scene: CanvasScene) -> None:
        self.scene = scene

    @abstractmethod
    def move(self, event: QGraphicsSceneMouseEvent) -> None:
        """Follow the pointer."""

    @abstractmethod
    def finish(self, event: QGraphicsSceneMouseEvent) -> None:
        """Make the edit."""

    @abstractmethod
    def cancel(self) -> None:
        """Let everything be as it was."""


class WireDrawing(Gesture):
    """Draws a wire from a port; one that is in an input already is lifted, and led elsewhere."""

    def __init__(self, scene: CanvasScene, port: PortRef, place: QPointF) -> None:
        super().__init__(scene)
        graph = scene.document.network.graph
        self._port = port
        self._lifted = last_wire_into(graph, port.layer, port.index) if port.side == "input" else None
        self._pending = PendingWire(graph, scene.nodes, port, self._lifted)
        if self._lifted is not None:
            scene.wires[self._lifted].show_all(False)
        scene.addItem(self._pending)
        self._pending.lead_to(place)

    def move(self, event: QGraphicsSceneMouseEvent) -> None:
        self._pending.lead_to(event.scenePos())
        QToolTip.showText(event.screenPos(), self._pending.refusal)  # no text hides it

    def finish(self, event: QGraphicsSceneMouseEvent) -> None:
        wire, is_open = self._pending.wire, self.scene.is_open(event.scenePos())
        self.cancel()
        if self._lifted is not None:
            editing.reroute(self.scene.document, self._lifted, wire)
        elif wire is not None:
            editing.connect(self.scene.document, wire)
        elif is_open and _has_moved(event):
            self.scene.wire_dropped.emit(self._port, event.scenePos())

    def cancel(self) -> None:
        self._pending.finish()
        QToolTip.hideText()
        if self._lifted in self.scene.wires:
            self.scene.wires[self._lifted].show_all(True)
        self.scene.removeItem(self._pending)


class Moving(Gesture):
    """Moves the selected cards and comments; what a comment frames goes with it.

    The grabbed one snaps to the grid and the others keep their distance from it. A single card without wires
    that is let go over a wire is inserted there.
    """

    def __init__(self, scene: CanvasScene, grabbed: Position, place: QPointF) -> None:
        super().__init__(scene)
        document, selection = scene.document, scene.selection
        names = dict.fromkeys(selection.layers)
        for comment in selection.comments:
            names |= dict.fromkeys(commenting.framed(document, comment))
        network = document.network
        self._cards = {name: network.positions[name] for name in names}
        self._comments = {name: network.comments[name].place for name in selection.comments}
        self._press = place
        self._grabbed = grabbed
        self._by = (0.0, 0.0)
        self._has_begun = False
        self._onto: Wire | None = None
        wires = network.graph.wires()
        self._inner = [wire for wire in wires if wire.source in names and wire.target in names]
        self._outer = [wire for wire in wires if (wire.source in names) != (wire.target in names)]

    def move(self, event: QGraphicsSceneMouseEvent) -> None:
        if not self._has_begun and not _has_moved(event):
            return
        self._has_begun = True
        x, y = self._grabbed
        moved = event.scenePos() - self._press
        to_x, to_y = snapped((x + moved.x(), y + moved.y()))
        by = (to_x - x, to_y - y)
        if by != self._by:
            self._by = by
            self._put()
        self._light(self._wire_below(event.scenePos()))

    def finish(self, event: QGraphicsSceneMouseEvent) -> None:
        document, onto = self.scene.document, self._onto
        if not self._has_begun:
            return
        self._light(None)
        cards = self._moved(self._cards)
        if onto is not None:
            ((name, place),) = cards.items()
            splicing.insert_layer(document, name, onto, place)
        elif self._comments:
            commenting.move(document, self._moved(self._comments), cards)
        else:
            editing.move(document, cards)
        if self._by == (0.0, 0.0):
            self.scene.lead_all()

    def cancel(self) -> None:
        self._light(None)
        if self._has_begun:
            self._by = (0.0, 0.0)
            self._put()
            self.scene.lead_all()

    def _moved(self, places: dict[str, Position]) -> dict[str, Position]:
        by_x, by_y = self._by
        return {name: (x + by_x, y + by_y) for name, (x, y) in places.items()}

    def _put(self) -> None:
        scene = self.scene
        for name, place in self._moved(self._cards).items():
            if name in scene.nodes:
                scene.nodes[name].setPos(*place)
        for name, place in self._moved(self._comments).items():
            if name in scene.comments:
                scene.comments[name].setPos(*place)
        for wire in self._inner:
            scene.carry(wire)
        for wire in self._outer:
            scene.lead(wire)

    def _wire_below(self, place: QPointF) -> Wire | None:
        if len(self._cards) != 1 or self._comments:
            return None
        (name,) = self._cards
        wire = self.scene.wire_at(place)
        return wire if wire is not None and splicing.can_insert(self.scene.document, name, wire) else None

    def _light(self, wire: Wire | None) -> None:
        if wire != self._onto:
            self.scene.light_wire(wire)
            self._onto = wire


class Stretching(Gesture):
    """Pulls a comment's frame at its lower right corner."""

    def __init__(self, scene: CanvasScene, item: CommentItem) -> None:
        super().__init__(scene)
        self._item = item
        self._before = item.comment

    def move(self, event: QGraphicsSceneMouseEvent) -> None:
        size = event.scenePos() - self._item.pos()
        width, height = snapped((size.x(), size.y()))
        least_width, least_height = commenting.SMALLEST
        self._item.stretch(QSizeF(max(width, least_width), max(height, least_height)))

    def finish(self, event: QGraphicsSceneMouseEvent) -> None:
        after = Comment(self._before.text, self._before.place, self._item.comment.size)
        commenting.change(self.scene.document, self._item.name, after)

    def cancel(self) -> None:
        self._item.show_comment(self._before)


def _has_moved(event: QGraphicsSceneMouseEvent) -> bool:
    moved = event.screenPos() - event.buttonDownScreenPos(Qt.MouseButton.LeftButton)
    return moved.manhattanLength() >= QApplication.startDragDistance()
