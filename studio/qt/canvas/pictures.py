"""Pictures of cards and pills: drawn in Python once, and from then on by Qt alone.

At 300 layers a frame that called Python for each card and pill would take too long. So each is drawn into a
pixmap, for the zoom at hand, whenever what it shows changes; while the zoom changes Qt scales the pixmaps,
and once it rests they are drawn anew, a few milliseconds' worth at a time.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPixmapItem

BUDGET = 0.006
"""Seconds of drawing between two frames."""
RESTING = 120
"""Milliseconds without a change of zoom after which pictures are drawn for it."""

Draw = Callable[[QPainter, float], None]


class Picture(QGraphicsPixmapItem):
    """Shows what ``draw`` draws within ``rect``, given a painter and the pixels for a pixel of the scene."""

    def __init__(self, parent: QGraphicsItem | None, draw: Draw) -> None:
        super().__init__(parent)
        self._draw = draw
        self._rect = QRectF()
        self.drawn_for = 0.0
        self.setTransformationMode(Qt.TransformationMode.SmoothTransformation)
        self.setShapeMode(QGraphicsPixmapItem.ShapeMode.BoundingRectShape)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    @property
    def rect(self) -> QRectF:
        """The place of the picture around the item's own place."""
        return self._rect

    def place(self, rect: QRectF) -> None:
        """Say where the picture is to be; it is drawn later."""
        self._rect = rect

    def draw_for(self, scale: float) -> None:
        """Draw the picture with ``scale`` pixels for a pixel of the scene."""
        scene, before = self.scene(), self.sceneBoundingRect()
        self._fill(scale)
        if scene is not None and not before.isEmpty() and not self.sceneBoundingRect().contains(before):
            scene.update(before)  # Qt leaves on the screen what a smaller picture no longer covers

    def _fill(self, scale: float) -> None:
        self.drawn_for = scale
        size = QSize(math.ceil(self._rect.width() * scale), math.ceil(self._rect.height() * scale))
        if size.isEmpty():
            self.setPixmap(QPixmap())
            return
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(scale, scale)
        painter.translate(-self._rect.topLeft())
        self._draw(painter, scale)
        painter.end()
        self.setPixmap(pixmap)
        self.setOffset(self._rect.topLeft() * scale)
        self.setScale(1 / scale)


class Pictures(QObject):
    """Knows which pictures are to be drawn, and draws them when there is time."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._scale = 1.0
        self._all: set[Picture] = set()
        self._waiting: dict[Picture, None] = {}
        self._seen = QRectF()
        self._slices = QTimer(self, interval=0, singleShot=True)
        self._slices.timeout.connect(self.work)
        self._rest = QTimer(self, interval=RESTING, singleShot=True)
        self._rest.timeout.connect(self._refine)

    def ask(self, picture: Picture) -> None:
        """Have a picture drawn soon, since what it shows has changed."""
        self._all.add(picture)
        self._waiting[picture] = None
        self._slices.start()

    def forget(self, pictures: Iterable[Picture]) -> None:
        """Draw some pictures no more."""
        for picture in pictures:
            self._all.discard(picture)
            self._waiting.pop(picture, None)

    def show(self, scale: float, seen: QRectF) -> None:
        """Tell the zoom in pixels of the screen for a pixel of the scene, and what part of it is seen."""
        self._scale, self._seen = scale, seen
        self._rest.start()

    def work(self) -> None:
        """Draw pictures that wait, as many as there is time for between two frames."""
        deadline = time.perf_counter() + BUDGET
        while self._waiting and time.perf_counter() < deadline:
            picture = next(iter(self._waiting))
            del self._waiting[picture]
            picture.draw_for(self._wanted(picture))
        if self._waiting:
            self._slices.start()

    def finish(self) -> None:
        """Draw all that waits, now."""
        self._refine()
        while self._waiting:
            self.work()

    def _refine(self) -> None:
        """Have those pictures drawn anew that were drawn for another zoom."""
        for picture in self._all:
            if picture.drawn_for != self._wanted(picture) and picture not in self._waiting:
                self._waiting[picture] = None
        self._slices.start()

    def _wanted(self, picture: Picture) -> float:
        """Return the scale for a picture: what is not seen need not be sharp when enlarged."""
        place = picture.rect.translated(picture.scenePos())
        return self._scale if place.intersects(self._seen) else min(self._scale, 1.0)
