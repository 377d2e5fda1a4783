"""A view that a person zooms and pans: wheel, middle button, Space; over a ground of dots."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPixmap, QResizeEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsView

from studio.qt import theme
from studio.qt.canvas.scene import CanvasScene

SMALLEST_ZOOM = 0.1
LARGEST_ZOOM = 4.0
ZOOM_STEP = 1.2
"""What a notch of the wheel multiplies the zoom by."""
SMALLEST_WHOLE, LEGIBLE = 0.4, 0.5
"""Zoom down to which a network that is opened is shown whole, and at which its beginning is shown else."""
_MARGIN = 24
_HEAD = 56
"""Room above the network when all of it is shown: the lenses are there."""
_NOTCH = 96
"""What a notch of the wheel pans by, px of the screen."""
_DOTS = 24.0
"""Distance of the background's dots, px of the scene."""
_SMALLEST_ZOOM_WITH_DOTS = 0.5
_SMALLEST_ZOOM_WITH_THICK_WIRES = 0.9
_MANY_WIRES = 120
"""Wires above which curves are drawn with rough edges while the view moves."""
_RESTING = 150
"""Milliseconds after a movement until edges are smooth again."""

Place = tuple[float, QPointF]
"""A zoom, and the place of the scene in the middle."""


class PanZoomView(QGraphicsView):
    """Shows a scene. Until a person zooms or pans, what was to be shown is, whatever the view's size."""

    zoomed = Signal(float)
    moved = Signal()  # another part of the scene is seen

    def __init__(self, scene: CanvasScene) -> None:
        super().__init__(scene)
        self._scene = scene
        self.keep_free = QSize()
        """Size of what floats in the lower right corner."""
        self._pan_from: QPoint | None = None
        self._is_space_down = False
        self._kept: Callable[[], None] | None = self.show_network  # what is shown at any size
        self._dots: tuple[int, float, str, QPixmap] | None = None
        self._rest = QTimer(self, interval=_RESTING, singleShot=True)
        self._rest.timeout.connect(self._on_rested)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.AnchorViewCenter)

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
        self._set_zoom(zoom)
        self._scroll(self.mapFromScene(before) - place.toPoint())
        self._kept = None
        self.zoomed.emit(zoom)

    def zoom_in(self) -> None:
        """Zoom in by one notch."""
        self.zoom_by(ZOOM_STEP)

    def zoom_out(self) -> None:
        """Zoom out by one notch."""
        self.zoom_by(1 / ZOOM_STEP)

    def _set_zoom(self, zoom: float) -> None:
        self.resetTransform()
        self.scale(zoom, zoom)

    # ---- what is shown -----------------------------------------------------------------------------------

    def show_network(self) -> None:
        """Show the whole network, or its beginning where the whole would not be legible."""
        rect = self._scene.network_rect()
        room, zoom = self._room_for(rect)
        if zoom < SMALLEST_WHOLE:
            room, zoom = self._free_room(), LEGIBLE
            rect.setHeight(min(rect.height(), room.height() / zoom))
            if rect.width() * zoom > room.width():
                rect = self._around_inputs(rect, room.width() / zoom)
        self._show(rect, room, zoom)
        self._kept = self.show_network

    def fit_all(self) -> None:
        """Show the whole network, however small."""
        self._fit(self._scene.network_rect())
        self._kept = self.fit_all

    def fit_selection(self) -> None:
        """Show the selected layers; the whole network where none is selected."""
        rect = self._scene.selection_rect()
        self._fit(self._scene.network_rect() if rect.isEmpty() else rect)

    def _fit(self, rect: QRectF) -> None:
        self._show(rect, *self._room_for(rect))
        self._kept = None

    def _free_room(self) -> QRect:
        return self.viewport().rect().adjusted(_MARGIN, _HEAD, -_MARGIN, -_MARGIN)

    def _room_for(self, rect: QRectF) -> tuple[QRect, float]:
        """Return the part of the viewport that is free for a rectangle, and the zoom at which it fits."""
        room = self._free_room()
        zoom = _zoom_into(rect, room)
        if rect.width() * zoom > self.viewport().width() - 2 * self.keep_free.width():
            # Wide enough to come under what floats in the corner: stay above it.
            room.setBottom(self.viewport().height() - self.keep_free.height() - _MARGIN)
            zoom = _zoom_into(rect, room)
        return room, zoom

    def _around_inputs(self, rect: QRectF, width: float) -> QRectF:
        """Return a rectangle with the upper edge and height of ``rect`` around the cards at its top."""
        top = min((node.sceneBoundingRect() for node in self._scene.nodes.values()), key=QRectF.top)
        return QRectF(top.center().x() - width / 2, rect.top(), width, rect.height())

    def _show(self, rect: QRectF, room: QRect, zoom: float) -> None:
        self._set_zoom(zoom)
        self.centerOn(rect.center())
        self._scroll(self.viewport().rect().center() - room.center())
        self.zoomed.emit(zoom)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_again()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_again()

    def _show_again(self) -> None:
        if self._kept is not None:
            self._kept()
        else:
            self._tell_moved()

    def place(self) -> Place | None:
        """Return what a person has zoomed and panned to; None where nobody has."""
        if self._kept is not None:
            return None
        return self.zoom, self.mapToScene(self.viewport().rect().center())

    def go_to(self, place: Place | None) -> None:
        """Show a place again; the network where there is none."""
        if place is None:
            self.show_network()
        else:
            self._set_zoom(place[0])
            self.look_at(place[1])
            self.zoomed.emit(place[0])

    # ---- pan ---------------------------------------------------------------------------------------------

    def pan_by(self, by: QPoint) -> None:
        """Move what is seen by so many pixels of the screen."""
        self._scroll(by)
        self._kept = None

    def look_at(self, place: QPointF) -> None:
        """Bring a place of the scene into the middle."""
        self.pan_by(self.mapFromScene(place) - self.viewport().rect().center())

    def _scroll(self, by: QPoint) -> None:
        horizontal, vertical = self.horizontalScrollBar(), self.verticalScrollBar()
        horizontal.setValue(horizontal.value() + by.x())
        vertical.setValue(vertical.value() + by.y())
        self._tell_moved()

    def _tell_moved(self) -> None:
        seen = self.mapToScene(self.viewport().rect()).boundingRect()
        self._scene.pictures.show(self.zoom * self.devicePixelRatioF(), seen)
        self._hurry()
        if self.zoom < _SMALLEST_ZOOM_WITH_THICK_WIRES or not self._rest.isActive():
            self._fit_wires()
        self.moved.emit()

    def _hurry(self) -> None:
        """Draw a large network faster, for as long as it moves: its wires get no thicker before it rests."""
        if len(self._scene.wires) > _MANY_WIRES:
            self.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            self._rest.start()

    def _on_rested(self) -> None:
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._fit_wires()

    def _fit_wires(self) -> None:
        self._scene.thin_wires(self.zoom < _SMALLEST_ZOOM_WITH_THICK_WIRES)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; with Shift move up and down, with Ctrl across."""
        turned = event.angleDelta()
        notches = (turned.y() or turned.x()) / 120.0
        by = round(-notches * _NOTCH)
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.pan_by(QPoint(0, by))
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.pan_by(QPoint(by, 0))
        else:
            self.zoom_by(ZOOM_STEP**notches, event.position())
        event.accept()

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
            if self._scene.is_busy:
                self._hurry()
            return
        place = event.position().toPoint()
        self.pan_by(self._pan_from - place)
        self._pan_from = place

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pan_from is None:
            super().mouseReleaseEvent(event)
        else:
            self._pan_from = None
            self._show_hand()

    def hold_space(self, is_down: bool) -> None:
        """Say whether the left button pans for now."""
        self._is_space_down = is_down
        self._show_hand()

    def _show_hand(self) -> None:
        if self._is_space_down:
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.viewport().unsetCursor()

    # ---- the ground --------------------------------------------------------------------------------------

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
