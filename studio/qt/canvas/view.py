"""The window onto the scene: zoom, pan, keys."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsView

from studio.models import arranging, commenting
from studio.models.document import Document
from studio.models.edits import Position
from studio.models.layout import CARD_HEIGHT, CARD_WIDTH, STEP, free_place
from studio.models.selection import Selection
from studio.qt import theme
from studio.qt.canvas.card import caption_lines
from studio.qt.canvas.comment_editor import CommentEditor
from studio.qt.canvas.neighbours import Direction, neighbour
from studio.qt.canvas.ports import PortRef
from studio.qt.canvas.quick_add import QuickAdd, SearchBox
from studio.qt.canvas.scene import CanvasScene
from studio.qt.texts import layer_text

SMALLEST_ZOOM = 0.1
LARGEST_ZOOM = 4.0
ZOOM_STEP = 1.2
"""What a notch of the wheel multiplies the zoom by."""
_MARGIN = 24
_HEAD = 56
"""Room above the network when all of it is shown: the lenses are there."""
_DOTS = 24.0
"""Distance of the background's dots, px of the scene."""
_SMALLEST_ZOOM_WITH_DOTS = 0.5
_SMALLEST_ZOOM_WITH_THICK_WIRES = 0.9
_MANY_WIRES = 120
"""Wires above which curves are drawn with rough edges while the view moves."""
_RESTING = 150
"""Milliseconds after a movement until edges are smooth again."""
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


class CanvasView(QGraphicsView):
    """Shows the scene. The network fits the view until a person zooms or pans."""

    zoomed = Signal(float)
    activated = Signal()  # a layer was double-clicked, or Enter pressed
    menu_wanted = Signal(QPoint)  # at a place of the screen

    def __init__(self, scene: CanvasScene, document: Document, selection: Selection) -> None:
        super().__init__(scene)
        self._scene = scene
        self._document = document
        self._selection = selection
        self.keep_free = QSize()
        """Size of what floats in the lower right corner."""
        self._pan_from: QPoint | None = None
        self._pointer: QPoint | None = None
        self._dots: tuple[int, float, str, QPixmap] | None = None
        self._rest = QTimer(self, interval=_RESTING, singleShot=True)
        self._rest.timeout.connect(lambda: self.setRenderHint(QPainter.RenderHint.Antialiasing))
        self.quick_add = QuickAdd(document, selection, scene, SearchBox(self))
        self.comment_editor = CommentEditor(self.viewport())
        self.comment_editor.written.connect(lambda name, text: commenting.write(document, name, text))
        scene.wire_dropped.connect(self._on_wire_dropped)
        self._is_space_down = False
        self._fits = True
        self._network = document.network
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setDragMode(QGraphicsView.DragMode.RubberBandDrag)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.AnchorViewCenter)
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

    # ---- zoom --------------------------------------------------------------------------------------------

    @property
    def zoom(self) -> float:
        """Pixels of the view for a pixel of the scene."""
        return self.transform().m11()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom so that the place ``at`` of the viewport, by default its middle, stays where it is."""
        place = QPointF(self.viewport().rect().center()) if at is None else at
        zoom = min(max(self.zoom * factor, SMALLEST_ZOOM), LARGEST_ZOOM)
        if not math.isfinite(zoom):
            return
        before = self.mapToScene(place.toPoint())
        self.resetTransform()
        self.scale(zoom, zoom)
        moved = self.mapFromScene(before) - place.toPoint()
        self._scroll(moved)
        self._fits = False
        self._tell_pictures()
        self.zoomed.emit(zoom)

    def zoom_in(self) -> None:
        """Zoom in by one notch."""
        self.zoom_by(ZOOM_STEP)

    def zoom_out(self) -> None:
        """Zoom out by one notch."""
        self.zoom_by(1 / ZOOM_STEP)

    def reveal(self, name: str) -> None:
        """Scroll so far that a layer is seen."""
        self.ensureVisible(self._scene.nodes[name], 32, 32)

    def free_middle(self) -> Position:
        """Return a free place for a new card near the middle of what is seen."""
        middle = self.mapToScene(self.viewport().rect().center())
        wanted = (middle.x() - CARD_WIDTH / 2, middle.y() - CARD_HEIGHT / 2)
        return free_place(self._document.network.positions.values(), wanted)

    def fit_all(self) -> None:
        """Show the whole network, and keep showing it when the view changes its size."""
        self._fit(self._scene.network_rect())
        self._fits = True

    def fit_selection(self) -> None:
        """Show the selected layers; the whole network where none is selected."""
        rect = self._scene.selection_rect()
        if rect.isEmpty():
            self.fit_all()
        else:
            self._fit(rect)
            self._fits = False

    def _fit(self, rect: QRectF) -> None:
        """Show a rectangle of the scene, no larger than life."""
        room = self.viewport().rect().adjusted(_MARGIN, _HEAD, -_MARGIN, -_MARGIN)
        zoom = _zoom_into(rect, room)
        if rect.width() * zoom > self.viewport().width() - 2 * self.keep_free.width():
            # Wide enough to come under what floats in the corner: stay above it.
            room.setBottom(self.viewport().height() - self.keep_free.height() - _MARGIN)
            zoom = _zoom_into(rect, room)
        self.resetTransform()
        self.scale(zoom, zoom)
        self.centerOn(rect.center())
        self._scroll(self.viewport().rect().center() - room.center())
        self._tell_pictures()
        self.zoomed.emit(zoom)

    def pan_by(self, by: QPoint) -> None:
        """Move what is seen by so many pixels of the screen."""
        self._scroll(by)
        self._fits = False

    def _scroll(self, by: QPoint) -> None:
        horizontal, vertical = self.horizontalScrollBar(), self.verticalScrollBar()
        horizontal.setValue(horizontal.value() + by.x())
        vertical.setValue(vertical.value() + by.y())
        self._tell_pictures()

    def _tell_pictures(self) -> None:
        seen = self.mapToScene(self.viewport().rect()).boundingRect()
        self._scene.pictures.show(self.zoom * self.devicePixelRatioF(), seen)
        self._scene.thin_wires(self.zoom < _SMALLEST_ZOOM_WITH_THICK_WIRES)
        self._hurry()

    def _hurry(self) -> None:
        """Draw a large network faster, for as long as it moves."""
        if len(self._scene.wires) > _MANY_WIRES:
            self.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            self._rest.start()

    def _on_document_changed(self) -> None:
        if self._document.network is not self._network:
            self._network = self._document.network
            self.fit_all()
        self._tell()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fits:
            self.fit_all()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._fits:
            self.fit_all()

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120.0
        self.zoom_by(ZOOM_STEP**notches, event.position())
        event.accept()

    # ---- pan ---------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        is_left = event.button() == Qt.MouseButton.LeftButton
        if event.button() == Qt.MouseButton.MiddleButton or (is_left and self._is_space_down):
            self._pan_from = event.position().toPoint()
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            event.accept()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self._pointer = event.position().toPoint()
        if self._pan_from is None:
            super().mouseMoveEvent(event)
            if self._scene.is_busy:
                self._hurry()
            return
        self.pan_by(self._pan_from - place)
        self._pan_from = place

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pan_from is None:
            super().mouseReleaseEvent(event)
        else:
            self._pan_from = None
            self._show_hand()

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

    def _on_screen(self, place: QPointF) -> QPoint:
        return self.viewport().mapToGlobal(self.mapFromScene(place))

    def write_comment(self, name: str) -> None:
        """Open a comment's text for writing."""
        item = self._scene.comments[name]
        place = self.mapFromScene(item.mapRectToScene(item.frame)).boundingRect()
        place.setSize(place.size().expandedTo(QSize(160, 64)).boundedTo(QSize(480, 320)))
        self.comment_editor.write(name, item.comment.text, place)

    def _show_hand(self) -> None:
        if self._is_space_down:
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.viewport().unsetCursor()

    # ---- keys --------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Space:
            self._is_space_down = True
            self._show_hand()
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
            self._is_space_down = False
            self._show_hand()
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
            words = ", ".join((name, layer_text(layer.title), *caption_lines(layer)))
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

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        if self.zoom < _SMALLEST_ZOOM_WITH_DOTS:
            painter.fillRect(rect, theme.colour("background"))
            return
        # Whole tiles of pixels are copied, which a brush in the scene's coordinates would not do.
        tile = self._tile()
        side = round(tile.deviceIndependentSize().width())
        place = self.mapFromScene(QRectF(rect)).boundingRect().adjusted(-1, -1, 1, 1)
        origin = self.mapFromScene(QPointF(0, 0))
        painter.save()
        painter.resetTransform()
        painter.drawTiledPixmap(
            place, tile, QPoint((place.x() - origin.x()) % side, (place.y() - origin.y()) % side)
        )
        painter.restore()

    def _tile(self) -> QPixmap:
        """Return the background with one dot, for the zoom and the theme at hand."""
        ratio, colour = self.devicePixelRatioF(), theme.colour("line")
        side = round(_DOTS * self.zoom)
        if self._dots is None or self._dots[:3] != (side, ratio, colour.name()):
            tile = QPixmap(QSize(side, side) * ratio)
            tile.setDevicePixelRatio(ratio)
            tile.fill(theme.colour("background"))
            painter = QPainter(tile)
            painter.fillRect(QRectF(0, 0, 1.5, 1.5), colour)
            painter.end()
            self._dots = (side, ratio, colour.name(), tile)
        return self._dots[3]


def _zoom_into(rect: QRectF, room: QRect) -> float:
    """Return the zoom at which a rectangle of the scene fits into a room, no larger than life."""
    if rect.isEmpty():
        return 1.0
    return max(min(1.0, room.width() / rect.width(), room.height() / rect.height()), SMALLEST_ZOOM)
