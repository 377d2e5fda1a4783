"""Draws filters as tiles, a weight at least three pixels wide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QSize
from PySide6.QtGui import QHelpEvent, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QToolTip, QWidget

from studio.models.filters import FilterModel
from studio.models.mosaic import Grid, Tiles, draw, is_table, layout, tones
from studio.models.readings import three_digits


class MosaicArea(QScrollArea):
    """Shows the mosaic as large as there is room for, and scrolls where there is not enough."""

    def __init__(self, model: FilterModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = MosaicView(model)
        self.setWidget(self.view)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
        self.view.setAutoFillBackground(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.view.arrange(self.maximumViewportSize())


class MosaicView(QWidget):
    """Paints the tiles that are in sight; their number does not matter."""

    def __init__(self, model: FilterModel) -> None:
        super().__init__()
        self._model = model
        self._room = QSize(1, 1)
        self._tiles: Tiles | None = None
        self._grid: Grid | None = None
        self._laid_out_for: tuple[tuple[int, ...], QSize] | None = None
        model.weights_changed.connect(self.refresh)

    def arrange(self, room: QSize) -> None:
        """Lay the tiles out for a panel of this size."""
        if room != self._room:
            self._room = room
            self.refresh()

    def refresh(self) -> None:
        """Take the weights that the model has now."""
        weights = self._model.weights
        if weights is None:
            self._tiles = self._grid = None
        else:
            self._tiles = tones(weights, self._model.normalisation)
            self._lay_out(weights.shape)
        self.update()

    def _lay_out(self, shape: tuple[int, ...]) -> None:
        """Choose a grid, unless the present one was chosen for the same filters and panel."""
        wanted = (shape, self._room)
        if self._grid is None or wanted != self._laid_out_for:
            self._laid_out_for = wanted
            self._grid = layout(shape, self._room.height(), self._room.width())
            height, width = self._grid.shape
            self.setMinimumSize(width, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._tiles is None or self._grid is None:
            return
        corner, pitch = self._corner(self._grid), self._grid.pitch[0]
        first = max(0, (event.rect().top() - corner.y()) // pitch)
        last = min(self._grid.rows, (event.rect().bottom() - corner.y()) // pitch + 1)
        if first < last:
            picture = _as_image(draw(self._tiles, self._grid, first, last))
            QPainter(self).drawImage(corner + QPoint(0, first * pitch), picture)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.describe(event.pos()), self)
            return True
        return super().event(event)

    def _corner(self, grid: Grid) -> QPoint:
        """Where the picture begins: in the middle of the panel, at the edge where it is larger."""
        height, width = grid.shape
        return QPoint(max(0, (self.width() - width) // 2), max(0, (self.height() - height) // 2))

    def describe(self, position: QPoint) -> str:
        """Return which filter is at a place, and its range; empty beside the tiles."""
        weights, grid = self._model.weights, self._grid
        if weights is None or grid is None or self._tiles is None:
            return ""
        inside = position - self._corner(grid)
        tile = grid.tile_at(inside.y(), inside.x())
        if tile is None or tile >= len(self._tiles):
            return ""
        filters, _, _, channels = weights.shape
        if is_table(weights.shape):
            number, channel = divmod(tile, channels)
            part = weights[number, :, :, channel]
            title = self.tr("Filter {number} of {count}, input channel {channel} of {channels}")
        else:
            number, channel = tile, 0
            part = weights[number]
            title = self.tr("Filter {number} of {count}")
        low, high = three_digits(float(part.min())), three_digits(float(part.max()))
        named = title.format(number=number + 1, count=filters, channel=channel + 1, channels=channels)
        return "\n".join((named, self.tr("Weights from {low} to {high}").format(low=low, high=high)))


def _as_image(picture: NDArray[np.uint8]) -> QImage:
    height, width, _ = picture.shape
    return QImage(picture.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
