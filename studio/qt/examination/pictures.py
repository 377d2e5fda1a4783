"""Small pictures drawn large, without smoothing."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from engine.protocol.examination import LayerMaps
from engine.protocol.previews import Picture
from studio.qt import theme

GAP = 4


def as_image(picture: Picture) -> QImage:
    """Return a picture of the protocol as one of Qt's."""
    width, height = picture.width, picture.height
    return QImage(picture.pixels, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def map_image(maps: LayerMaps, number: int) -> QImage:
    """Return one map, 0 in middle grey."""
    size = maps.height * maps.width
    tones = maps.maps[number * size : (number + 1) * size]
    rows = np.frombuffer(tones, np.uint8).reshape(maps.height, maps.width)
    image = QImage(rows.tobytes(), maps.width, maps.height, maps.width, QImage.Format.Format_Grayscale8)
    return image.copy()


class OnePicture(QWidget):
    """Shows a picture as large as there is room for."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self._image: QImage | None = None
        self.setFixedSize(side, side)

    def show_picture(self, picture: Picture | None) -> None:
        """Show a picture, or none."""
        self._image = None if picture is None else as_image(picture)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("background"))
        if self._image is not None:
            size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(QPoint(0, 0), size)
            place.moveCenter(self.rect().center())
            painter.drawImage(place, self._image)


class PictureGrid(QWidget):
    """Shows pictures of one size in rows, each with a tool tip."""

    clicked = Signal(int)

    def __init__(self, side: int) -> None:
        super().__init__()
        self._side = side
        self._images: list[QImage] = []
        self._tips: list[str] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

    def show_images(self, images: list[QImage], tips: list[str]) -> None:
        """Show these images."""
        self._images, self._tips = images, tips
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        pitch = self._side + GAP
        columns = max(1, (width + GAP) // pitch)
        return max(self._side, -(-len(self._images) // columns) * pitch)

    def sizeHint(self) -> QSize:
        return QSize(4 * self._side, self._side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for number, image in enumerate(self._images):
            painter.drawImage(self._place(number), image)

    def event(self, event: object) -> bool:
        if isinstance(event, QHelpEvent):
            number = self._number_at(event.pos())
            QToolTip.showText(event.globalPos(), "" if number is None else self._tips[number], self)
            return True
        return super().event(event)  # type: ignore[arg-type]

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        number = self._number_at(event.position().toPoint())
        if number is not None:
            self.clicked.emit(number)

    def _place(self, number: int) -> QRect:
        pitch = self._side + GAP
        columns = max(1, (self.width() + GAP) // pitch)
        row, column = divmod(number, columns)
        place = QRect(column * pitch, row * pitch, self._side, self._side)
        size = self._images[number].size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        inside = QRect(QPoint(0, 0), size)
        inside.moveCenter(place.center())
        return inside

    def _number_at(self, position: QPoint) -> int | None:
        return next((n for n in range(len(self._images)) if self._place(n).contains(position)), None)
