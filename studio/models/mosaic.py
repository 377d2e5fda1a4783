"""Filters as one picture: a grid of tiles with gaps of one pixel, one picture pixel a weight."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Normalisation = Literal["filter", "layer"]
"""Whose largest weight becomes full black or white: each filter's own, or the whole layer's."""

GAP = 1


@dataclass(frozen=True)
class Grid:
    """How tiles are laid out: ``rows`` × ``columns`` tiles of (height, width) weights."""

    rows: int
    columns: int
    tile: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the picture, px."""
        height, width = self.tile
        return self.rows * (height + GAP) - GAP, self.columns * (width + GAP) - GAP

    def place(self, index: int) -> tuple[int, int]:
        """Return the row and column of the upper left pixel of a tile."""
        row, column = divmod(index, self.columns)
        return row * (self.tile[0] + GAP), column * (self.tile[1] + GAP)

    def tile_at(self, row: int, column: int) -> int | None:
        """Return the tile at a pixel; None in a gap and outside."""
        height, width = self.shape
        if not (0 <= row < height and 0 <= column < width):
            return None
        down, y = divmod(row, self.tile[0] + GAP)
        across, x = divmod(column, self.tile[1] + GAP)
        return down * self.columns + across if y < self.tile[0] and x < self.tile[1] else None


def is_coloured(shape: tuple[int, ...]) -> bool:
    """Whether filters of ``shape`` (filters, height, width, channels) look at red, green and blue."""
    return shape[3] == 3


def layout(shape: tuple[int, ...], width: float, height: float) -> Grid:
    """Return the grid for filters of ``shape`` in a panel of ``width`` × ``height``.

    Filters of one or three channels fill the panel best, in reading order. Others are a table: a row a
    filter, a column an input channel.
    """
    filters, tile_height, tile_width, channels = shape
    tile = (tile_height, tile_width)
    if channels not in (1, 3):
        return Grid(filters, channels, tile)
    return max(
        (Grid(math.ceil(filters / columns), columns, tile) for columns in range(1, filters + 1)),
        key=lambda grid: min(width / grid.shape[1], height / grid.shape[0]),
    )


def mosaic(weights: NDArray[np.floating], grid: Grid, normalisation: Normalisation) -> NDArray[np.uint8]:
    """Return filters (filters, height, width, channels) as a picture (height, width, 4) of RGBA bytes.

    A weight of 0 is middle grey, the largest one black or white; a weight that is not finite is grey, too.
    Gaps are transparent.
    """
    filters, height, width, channels = weights.shape
    tones = _tones(weights, normalisation)
    if channels in (1, 3):
        tiles = np.broadcast_to(tones, (filters, height, width, 3))
    else:
        tiles = tones.transpose(0, 3, 1, 2).reshape(-1, height, width, 1)
    cells = np.zeros((grid.rows * grid.columns, height + GAP, width + GAP, 4), np.uint8)
    cells[: len(tiles), :height, :width, :3] = tiles
    cells[: len(tiles), :height, :width, 3] = 255
    table = cells.reshape(grid.rows, grid.columns, height + GAP, width + GAP, 4).swapaxes(1, 2)
    picture = table.reshape(grid.rows * (height + GAP), grid.columns * (width + GAP), 4)
    return np.ascontiguousarray(picture[: grid.shape[0], : grid.shape[1]])


def _tones(weights: NDArray[np.floating], normalisation: Normalisation) -> NDArray[np.uint8]:
    finite = np.nan_to_num(weights.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    axes = (1, 2, 3) if normalisation == "filter" else None
    largest = np.abs(finite).max(axis=axes, keepdims=True)
    scaled = finite / np.where(largest > 0, largest, 1)
    return np.rint(127.5 + 127.5 * scaled).astype(np.uint8)
