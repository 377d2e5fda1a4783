"""The window onto the network: what pointer and keys do there besides zooming and panning."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QGraphicsView

from studio.models import arranging, commenting
from studio.models.document import Document
from studio.models.edits import Position
from studio.models.layout import CARD_HEIGHT, CARD_WIDTH, STEP, free_place
from studio.models.selection import Selection
from studio.qt.canvas.comment_editor import CommentEditor
from studio.qt.canvas.neighbours import Direction, neighbour
from studio.qt.canvas.pan_zoom_view import PanZoomView
from studio.qt.canvas.ports import PortRef
from studio.qt.canvas.quick_add import QuickAdd, SearchBox
from studio.qt.canvas.scene import CanvasScene
from studio.qt.texts import caption_text, layer_text

_ARROWS: dict[int, Direction] = {
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Right: "right",
    Qt.Key.Key_Up: "up",
    Qt.Key.Key_Down: "down",
}
_NUDGES: dict[Direction, Position] = {
    "left": (-STEP, 0),
    "right": (STEP, 0),
    "up": (0, -STEP),
    "down": (0, STEP),
}


class CanvasView(PanZoomView):
    """Shows the document, and takes what a person does with it."""

    activated = Signal()  # a layer was double-clicked, or Enter pressed
    menu_wanted = Signal(QPoint)  # at a place of the screen

    def __init__(self, scene: CanvasScene, document: Document, selection: Selection) -> None:
        super().__init__(scene)
        self._document = document
        self._selection = selection
        self._pointer: QPoint | None = None
        self.quick_add = QuickAdd(document, selection, scene, SearchBox(self))
        self.comment_editor = CommentEditor(self.viewport())
        self.comment_editor.written.connect(lambda name, text: commenting.write(document, name, text))
        self.comment_editor.done.connect(self._take_keyboard)
        scene.wire_dropped.connect(self._on_wire_dropped)
        scene.layer_dropped.connect(self._take_keyboard)
        self._network = document.network
        self.setDragMode(QGraphicsView.DragMode.RubberBandDrag)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setAccessibleName(self.tr("Network"))
        document.changed.connect(self._on_document_changed)
        selection.changed.connect(self._tell)
        self._tell()

    def detach(self) -> None:
        """Listen to the models no more; for when the window closes."""
        self._document.changed.disconnect(self._on_document_changed)
        self._selection.changed.disconnect(self._tell)

    # ---- what is seen ------------------------------------------------------------------------------------

    def reveal(self, name: str) -> None:
        """Scroll so far that a layer is seen."""
        self.ensureVisible(self._scene.nodes[name], 32, 32)
        self._tell_moved()

    def free_middle(self) -> Position:
        """Return a free place for a new card near the middle of what is seen."""
        middle = self.mapToScene(self.viewport().rect().center())
        wanted = (middle.x() - CARD_WIDTH / 2, middle.y() - CARD_HEIGHT / 2)
        return free_place(self._document.network.positions.values(), wanted)

    def _on_document_changed(self) -> None:
        if self._document.network is not self._network:
            self._network = self._document.network
            self.show_network()
        self._tell()

    # ---- the pointer -------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select another one too with Shift, as Qt does with Ctrl."""
        super().mousePressEvent(_with_control_for_shift(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(_with_control_for_shift(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position().toPoint()
        super().mouseMoveEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            super().mouseDoubleClickEvent(event)
            return
        self._pointer = event.position().toPoint()
        place = self.mapToScene(self._pointer)
        comment = self._scene.comment_at(place)
        if comment is not None:
            self.write_comment(comment)
        elif self._scene.is_open(place):
            self.search_here()
        else:
            super().mouseDoubleClickEvent(event)
            if self._selection.layer is not None:
                self.activated.emit()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._pointer = None

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Select what is at the pointer, and ask for the menu."""
        item = self._scene.items(self.mapToScene(event.pos()))
        chosen = next((part for part in item if part.flags() & part.GraphicsItemFlag.ItemIsSelectable), None)
        if chosen is None:
            self._selection.clear()
        elif not chosen.isSelected():
            self._scene.clearSelection()
            chosen.setSelected(True)
        self._pointer = event.pos()
        self.menu_wanted.emit(event.globalPos())

    # ---- adding and writing ------------------------------------------------------------------------------

    def pointer_place(self) -> QPointF:
        """Return the place of the scene under the pointer; else the middle of what is seen."""
        return self.mapToScene(self._pointer or self.viewport().rect().center())

    def search_here(self) -> None:
        """Open the search for a layer at the pointer."""
        place = self.pointer_place()
        self.quick_add.open(place, self._on_screen(place))

    def _on_wire_dropped(self, port: PortRef, place: QPointF) -> None:
        self.quick_add.open_for(port, place, self._on_screen(place))

    def _take_keyboard(self) -> None:
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_screen(self, place: QPointF) -> QPoint:
        return self.viewport().mapToGlobal(self.mapFromScene(place))

    def write_comment(self, name: str) -> None:
        """Open a comment's text for writing."""
        item = self._scene.comments[name]
        place = self.mapFromScene(item.mapRectToScene(item.frame)).boundingRect()
        place.setSize(place.size().expandedTo(QSize(160, 64)).boundedTo(QSize(480, 320)))
        self.comment_editor.write(name, item.comment.text, place)

    # ---- keys --------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Space:
            self.hold_space(True)
        elif key == Qt.Key.Key_Escape:
            if self._scene.is_busy:
                self._scene.cancel()
            else:
                self._selection.clear()
        elif key in _ARROWS:
            self._on_arrow(_ARROWS[key], event.modifiers())
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._selection.layer is not None:
            self.activated.emit()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.hold_space(False)
        else:
            super().keyReleaseEvent(event)

    def _on_arrow(self, direction: Direction, keys: Qt.KeyboardModifier) -> None:
        """Go to the next layer; with Shift select it too, with Ctrl move what is selected."""
        selected = self._selection.layers
        if keys & Qt.KeyboardModifier.ControlModifier:
            if selected:
                arranging.nudge(self._document, selected, _NUDGES[direction])
        else:
            self._go(direction, extend=bool(keys & Qt.KeyboardModifier.ShiftModifier))

    def _go(self, direction: Direction, *, extend: bool) -> None:
        """Select the next layer in a direction; the first one where none is selected."""
        selected = self._selection.layers
        name = neighbour(self._document.network.positions, selected[-1] if selected else None, direction)
        if name is not None:
            kept = [layer for layer in selected if layer != name] if extend else []
            self._selection.select([*kept, name])
            self.reveal(name)

    # ---- what it tells -----------------------------------------------------------------------------------

    def _tell(self) -> None:
        """Describe the selected layer, or the network, to who cannot see it."""
        name = self._selection.layer
        graph = self._document.network.graph
        if name is None or name not in graph:
            words = self.tr("{count} layers").format(count=len(graph))
        else:
            layer = graph[name]
            words = ", ".join((name, layer_text(layer.title), caption_text(layer)))
        self.setAccessibleDescription(words)

    # ---- painting ----------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._scene.dress()
            self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        self._scene.pictures.work()
        super().paintEvent(event)


def _with_control_for_shift(event: QMouseEvent) -> QMouseEvent:
    if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
        event.setModifiers(event.modifiers() | Qt.KeyboardModifier.ControlModifier)
    return event
