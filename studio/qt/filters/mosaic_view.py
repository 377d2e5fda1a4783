"""Draws filters as tiles, a weight at least three pixels wide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QScrollArea, QToolTip, QWidget

from studio.models.filters import FilterModel
from studio.models.mosaic import Grid, Tiles, draw, largest, layout, tones
from studio.models.pictured import Page
from studio.qt import theme
from studio.qt.filters.pointed import PointedView
from studio.qt.filters.tile_texts import tile_text, weight_text

FRAME = 2
"""Width of the frame of the tile that the keys have come to, px."""


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
        self.view.frame_moved.connect(self._on_frame_moved)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.view.arrange(self.maximumViewportSize())

    def _on_frame_moved(self, place: QRect) -> None:
        middle = place.center()
        self.ensureVisible(middle.x(), middle.y(), place.width(), place.height())


class MosaicView(PointedView):
    """Paints the tiles that are in sight; their number does not matter."""

    tile_clicked = Signal(int)

    frame_moved = Signal(QRect)
    """Where the tile is that the keys have come to."""

    def __init__(self, model: FilterModel) -> None:
        super().__init__()
        self._model = model
        self._room = QSize(1, 1)
        self._page: Page | None = None
        self._tiles: Tiles | None = None
        self._grid: Grid | None = None
        self._laid_out_for: tuple[tuple[int, ...], int | None, QSize] | None = None
        self._number = 0  # of the tile within the keys' frame
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
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
            self._tiles = tones(page.pictures, self._model.normalisation, self._reference)
            self._lay_out(page.pictures.shape, page.columns)
        self.read_out()
        self.update()

    def read_out(self) -> None:
        if self.hasFocus() and not self.underMouse():
            self._go_to(self._number)  # which says what the keys have come to
        else:
            super().read_out()

    @property
    def _reference(self) -> float | None:
        return None if self._model.shows_change else self._model.reference

    def largest(self, number: int | None = None) -> float | None:
        """Return the size of a weight that is black or white, of all tiles or of one; None: it differs."""
        page = self._page
        if page is None:
            return None
        found = largest(page.pictures, self._model.normalisation, self._reference).ravel()
        if number is not None and len(found) > 1:
            return float(found[number // page.shown_channels if page.is_table else number])
        return float(found[0]) if len(found) == 1 else None

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
            painter = QPainter(self)
            painter.drawImage(corner + QPoint(0, first * pitch), picture)
            if self.hasFocus() and self._number < len(self._tiles):
                painter.setPen(QPen(theme.colour("accent"), FRAME))
                painter.drawRect(self._place(self._number).adjusted(-1, -1, 0, 0))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.describe(event.pos()), self)
            return True
        return super().event(event)

    def words_at(self, position: QPoint) -> str:
        found, page = self._weight_at(position), self._page
        return weight_text(page, found[0], found[1:]) if found and page else ""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        found = self._weight_at(event.position().toPoint())
        if found is not None:
            self._number = found[0]
            self.tile_clicked.emit(found[0])

    # ---- By keys ----------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        columns = 1 if self._grid is None else self._grid.columns
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -columns,
            Qt.Key.Key_Down: columns,
        }
        if event.key() in steps:
            self._go_to(self._number + steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            if self.tile(self._number) is not None:
                self.tile_clicked.emit(self._number)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._go_to(self._number)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.pointed_at.emit("")
        self.update()

    def _go_to(self, number: int) -> None:
        """Move the keys' frame to a tile, and say which one that is."""
        if self._page is None or self.tile(number) is None:
            return
        self._number = number
        words = self.describe_tile(number)
        self.setAccessibleName(words)
        self.pointed_at.emit(words.replace("\n", " · "))
        self.frame_moved.emit(self._place(number))
        self.update()

    def _place(self, number: int) -> QRect:
        """Where a tile is drawn."""
        assert self._grid is not None
        down, across = self._grid.pitch
        row, column = divmod(number, self._grid.columns)
        corner = self._corner(self._grid) + QPoint(column * across, row * down)
        return QRect(corner, QSize(across - self._grid.gap, down - self._grid.gap))

    # ---- Which tile -------------------------------------------------------------------------------------

    def _weight_at(self, position: QPoint) -> tuple[int, int, int] | None:
        if self._grid is None or self._tiles is None:
            return None
        inside = position - self._corner(self._grid)
        found = self._grid.weight_at(inside.y(), inside.x())
        return found if found is not None and found[0] < len(self._tiles) else None

    def _corner(self, grid: Grid) -> QPoint:
        """Where the picture begins: in the middle of the panel, at the edge where it is larger."""
        height, width = grid.shape
        return QPoint(max(0, (self.width() - width) // 2), max(0, (self.height() - height) // 2))

    def describe(self, position: QPoint) -> str:
        """Return which filter is at a place, and its range; empty beside the tiles."""
        found = self._weight_at(position)
        return "" if found is None else self.describe_tile(found[0])

    def describe_tile(self, number: int) -> str:
        """Return which filter a tile is, and its range."""
        assert self._page is not None
        return tile_text(self._page, number, is_change=self._model.shows_change)


def _as_image(picture: NDArray[np.uint8]) -> QImage:
    height, width, _ = picture.shape
    return QImage(picture.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
