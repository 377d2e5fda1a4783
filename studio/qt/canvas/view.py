"""The window onto the scene: zoom, pan, keys."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen, QResizeEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsView

from studio.models.document import Document
from studio.models.edits import Position
from studio.models.layout import CARD_HEIGHT, CARD_WIDTH, free_place
from studio.models.selection import Selection
from studio.qt import theme
from studio.qt.canvas.neighbours import Direction, neighbour
from studio.qt.canvas.node_item import caption_lines
from studio.qt.canvas.scene import CanvasScene
from studio.qt.texts import layer_text

SMALLEST_ZOOM = 0.1
LARGEST_ZOOM = 4.0
ZOOM_STEP = 1.2
"""What a notch of the wheel multiplies the zoom by."""
_MARGIN = 24
_DOTS = 24.0
"""Distance of the background's dots, px of the scene."""
_ARROWS: dict[int, Direction] = {
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Right: "right",
    Qt.Key.Key_Up: "up",
    Qt.Key.Key_Down: "down",
}


class CanvasView(QGraphicsView):
    """Shows the scene. The network fits the view until a person zooms or pans."""

    zoomed = Signal(float)
    activated = Signal()  # a layer was double-clicked, or Enter pressed

    def __init__(self, scene: CanvasScene, document: Document, selection: Selection) -> None:
        super().__init__(scene)
        self._scene = scene
        self._document = document
        self._selection = selection
        self.keep_free = QSize()
        """Size of what floats in the lower right corner."""
        self._pan_from: QPoint | None = None
        self._is_space_down = False
        self._fits = True
        self._network = document.network
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
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
        room = self.viewport().rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        zoom = _zoom_into(rect, room)
        if rect.width() * zoom > self.viewport().width() - 2 * self.keep_free.width():
            # Wide enough to come under what floats in the corner: stay above it.
            room.setBottom(self.viewport().height() - self.keep_free.height() - _MARGIN)
            zoom = _zoom_into(rect, room)
        self.resetTransform()
        self.scale(zoom, zoom)
        self.centerOn(rect.center())
        self._scroll(self.viewport().rect().center() - room.center())
        self.zoomed.emit(zoom)

    def _scroll(self, by: QPoint) -> None:
        horizontal, vertical = self.horizontalScrollBar(), self.verticalScrollBar()
        horizontal.setValue(horizontal.value() + by.x())
        vertical.setValue(vertical.value() + by.y())

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
        if self._pan_from is None:
            super().mouseMoveEvent(event)
            return
        place = event.position().toPoint()
        self._scroll(self._pan_from - place)
        self._pan_from = place
        self._fits = False

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pan_from is None:
            super().mouseReleaseEvent(event)
        else:
            self._pan_from = None
            self._show_hand()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and self._selection.layer is not None:
            self.activated.emit()

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
            self._go(_ARROWS[key])
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

    def _go(self, direction: Direction) -> None:
        """Select the next layer in a direction; the first one where none is selected."""
        selected = self._selection.layers
        name = neighbour(self._document.network.positions, selected[-1] if selected else None, direction)
        if name is not None:
            self._selection.select([name])
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
            self.viewport().update()

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        painter.fillRect(rect, theme.colour("background"))
        if self.zoom < 0.5:
            return
        painter.setPen(QPen(theme.colour("line"), 1.5 / self.zoom))
        left, top = math.floor(rect.left() / _DOTS), math.floor(rect.top() / _DOTS)
        right, bottom = math.ceil(rect.right() / _DOTS), math.ceil(rect.bottom() / _DOTS)
        painter.drawPoints(
            [
                QPointF(column * _DOTS, row * _DOTS)
                for column in range(left, right + 1)
                for row in range(top, bottom + 1)
            ]
        )


def _zoom_into(rect: QRectF, room: QRect) -> float:
    """Return the zoom at which a rectangle of the scene fits into a room, no larger than life."""
    if rect.isEmpty():
        return 1.0
    return max(min(1.0, room.width() / rect.width(), room.height() / rect.height()), SMALLEST_ZOOM)
