"""Draws filters as tiles, a weight at least three pixels wide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QSize, Signal
from PySide6.QtGui import QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QToolTip, QWidget

from studio.models.filters import FilterModel
from studio.models.mosaic import Grid, Tiles, draw, layout, tones
from studio.models.pictured import Page
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

    tile_clicked = Signal(int)

    def __init__(self, model: FilterModel) -> None:
        super().__init__()
        self._model = model
        self._room = QSize(1, 1)
        self._page: Page | None = None
        self._tiles: Tiles | None = None
        self._grid: Grid | None = None
        self._laid_out_for: tuple[tuple[int, ...], int | None, QSize] | None = None
        model.weights_changed.connect(self.refresh)

    def arrange(self, room: QSize) -> None:
        """Lay the tiles out for a panel of this size."""
        if room != self._room:
            self._room = room
            self.refresh()

    def refresh(self) -> None:
        """Take the weights that the model has now."""
        page = self._page = self._model.page
        if page is None:
            self._tiles = self._grid = None
        else:
            reference = None if self._model.shows_change else self._model.reference
            self._tiles = tones(page.pictures, self._model.normalisation, reference)
            self._lay_out(page.pictures.shape, page.columns)
        self.update()

    def tile(self, number: int) -> NDArray[np.uint8] | None:
        """Return the tones of a tile; None where there is none of this number."""
        return self._tiles[number] if self._tiles is not None and 0 <= number < len(self._tiles) else None

    def picture(self) -> QImage | None:
        """Return all tiles as one picture; None while there are none."""
        if self._tiles is None or self._grid is None:
            return None
        return _as_image(draw(self._tiles, self._grid, 0, self._grid.rows))

    def _lay_out(self, shape: tuple[int, ...], columns: int | None) -> None:
        """Choose a grid, unless the present one was chosen for the same filters and panel."""
        wanted = (shape, columns, self._room)
        if self._grid is None or wanted != self._laid_out_for:
            self._laid_out_for = wanted
            self._grid = layout(shape, self._room.height(), self._room.width(), columns)
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

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        number = self._tile_at(event.position().toPoint())
        if number is not None:
            self.tile_clicked.emit(number)

    def _tile_at(self, position: QPoint) -> int | None:
        if self._grid is None or self._tiles is None:
            return None
        inside = position - self._corner(self._grid)
        number = self._grid.tile_at(inside.y(), inside.x())
        return number if number is not None and number < len(self._tiles) else None

    def _corner(self, grid: Grid) -> QPoint:
        """Where the picture begins: in the middle of the panel, at the edge where it is larger."""
        height, width = grid.shape
        return QPoint(max(0, (self.width() - width) // 2), max(0, (self.height() - height) // 2))

    def describe(self, position: QPoint) -> str:
        """Return which filter is at a place, and its range; empty beside the tiles."""
        number = self._tile_at(position)
        return "" if number is None else self.describe_tile(number)

    def describe_tile(self, number: int) -> str:
        """Return which filter a tile is, and its range."""
        page = self._page
        assert page is not None
        if page.is_table:
            row, column = divmod(number, page.shown_channels)
            part = page.pictures[row, :, :, column]
            title = self.tr("Filter {number} of {count}, input channel {channel} of {channels}")
        elif page.columns is not None:
            row, column, part = 0, 0, page.pictures[number]
            title = self.tr("Filter {number} of {count} at row {down}, column {across}")
            if page.channels > page.shown_channels:
                title = self.tr(
                    "Filter {number} of {count} at row {down}, column {across}, input channel {channel}"
                )
        else:
            row, column, part = number, 0, page.pictures[number]
            title = self.tr("Filter {number} of {count}")
        named = title.format(
            number=page.first_filter + row + 1,
            count=page.filters,
            channel=page.first_channel + column + 1,
            channels=page.channels,
            down=number // (page.columns or 1) + 1,
            across=number % (page.columns or 1) + 1,
        )
        low, high = three_digits(float(part.min())), three_digits(float(part.max()))
        words = self.tr("Weights from {low} to {high}")
        if self._model.shows_change:
            words = self.tr("Changes from {low} to {high}")
        return "\n".join((named, words.format(low=low, high=high)))


def _as_image(picture: NDArray[np.uint8]) -> QImage:
    height, width, _ = picture.shape
    return QImage(picture.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
