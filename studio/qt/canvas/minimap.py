"""The whole network in small, where it is larger than the canvas: where one is, and a way elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QFrame, QWidget

from studio.models.document import Document
from studio.qt import theme
from studio.qt.canvas.pan_zoom_view import PanZoomView
from studio.qt.canvas.scene import CanvasScene

_LARGEST = QSize(144, 208)
_SMALLEST_SIDE = 48
_AIR = 8


class Minimap(QFrame):
    """Follows the view. A press or a drag brings what is there into the middle of the view."""

    def __init__(self, view: PanZoomView, scene: CanvasScene, document: Document, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("floating")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(self.tr("The whole network: press or drag to move the view"))
        self.setAccessibleName(self.tr("Overview of the network"))
        self._view, self._scene, self._document = view, scene, document
        self._around = parent
        self._whole = QRectF()
        self._cards: QPixmap | None = None
        self._drawn: object = None  # what decides how the network looks from afar, as it was when last drawn
        view.moved.connect(self._on_moved)
        document.changed.connect(self._on_changed)
        self._on_changed()

    def detach(self) -> None:
        """Listen to the document no more; for when the window closes."""
        self._document.changed.disconnect(self._on_changed)

    def settle(self) -> None:
        """Take the lower left corner of what it lies in, and no more than a part of it."""
        self._cards = None
        room = self._room() - QSize(2 * _AIR, 2 * _AIR)
        size = self._whole.size().scaled(room.toSizeF(), Qt.AspectRatioMode.KeepAspectRatio).toSize()
        self.resize((size + QSize(2 * _AIR, 2 * _AIR)).expandedTo(QSize(_SMALLEST_SIDE, _SMALLEST_SIDE)))
        self.move(12, self._around.height() - self.height() - 12)

    def _room(self) -> QSize:
        return _LARGEST.boundedTo(QSize(self._around.width() // 4, self._around.height() // 3))

    def _on_changed(self) -> None:
        network = self._document.network
        families = [layer.family for layer in network.graph.layers().values()]
        drawn = (families, dict(network.positions), network.comments)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self._whole = self._scene.network_rect()
        self.settle()
        self._on_moved()

    def _on_moved(self) -> None:
        self.setVisible(not self._whole.isEmpty() and not self._seen().contains(self._whole))
        self.update()

    def _seen(self) -> QRectF:
        return self._view.mapToScene(self._view.viewport().rect()).boundingRect()

    # ---- the picture -------------------------------------------------------------------------------------

    def _scale(self) -> float:
        """Return the px for a px of the scene."""
        room = self.rect().adjusted(_AIR, _AIR, -_AIR, -_AIR)
        return min(room.width() / self._whole.width(), room.height() / self._whole.height())

    def _place_of(self, rect: QRectF) -> QRectF:
        """Return where a rectangle of the scene is in this picture."""
        scale = self._scale()
        corner = QPointF(self.rect().center()) + (rect.topLeft() - self._whole.center()) * scale
        return QRectF(corner, rect.size() * scale)

    def _paint_cards(self) -> QPixmap:
        picture = QPixmap(self.size() * self.devicePixelRatioF())
        picture.setDevicePixelRatio(self.devicePixelRatioF())
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for name, layer in self._document.network.graph.layers().items():
            place = self._place_of(self._scene.nodes[name].sceneBoundingRect())
            place.setSize(place.size().expandedTo(QSize(2, 2).toSizeF()))
            painter.setBrush(theme.family_colour(layer.family))
            painter.drawRoundedRect(place, 1, 1)
        painter.end()
        return picture

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._whole.isEmpty():
            return
        if self._cards is None:
            self._cards = self._paint_cards()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._cards)
        seen = self._place_of(self._seen()).intersected(QRectF(self.rect()).adjusted(2, 2, -3, -3))
        painter.setPen(QPen(theme.colour("accent"), 1))
        painter.setBrush(theme.colour("accent", 0.12))
        painter.drawRect(seen)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._cards = None
            self.update()

    # ---- going elsewhere ---------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._go(event)

    def _go(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and not self._whole.isEmpty():
            away = (event.position() - QPointF(self.rect().center())) / self._scale()
            self._view.look_at(self._whole.center() + away)
