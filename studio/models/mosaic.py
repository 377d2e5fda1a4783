"""Filters as tiles of one picture, each weight a square of some pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Normalisation = Literal["filter", "layer", "all"]
"""Whose largest weight becomes full black or white: each filter's own, the whole layer's, or that of all
layers."""

LEAST_SCALE = 3
LARGEST_SCALE = 24
"""Pixels that a weight is wide."""

ROWS_IN_SIGHT = 8
"""Rows of a table that should be seen at once where there is no room for all."""

Tiles = NDArray[np.uint8]
"""Tones (tiles, height, width, 3 or 1) in the order in which they are laid out."""


@dataclass(frozen=True)
class Grid:
    """How tiles of (height, width) weights are laid out; a weight is ``scale`` pixels wide."""

    rows: int
    columns: int
    tile: tuple[int, int]
    scale: int = LEAST_SCALE

    @property
    def gap(self) -> int:
        """Pixels between two tiles: one, and more where weights are so large that one would not be seen."""
        return max(1, self.scale // 3)

    @property
    def pitch(self) -> tuple[int, int]:
        """Pixels from one tile to the next, down and across."""
        height, width = self.tile
        return height * self.scale + self.gap, width * self.scale + self.gap

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the picture, px."""
        return self.rows * self.pitch[0] - self.gap, self.columns * self.pitch[1] - self.gap

    def weight_at(self, y: int, x: int) -> tuple[int, int, int] | None:
        """Return the tile at a pixel, and row and column of the weight in it; None in a gap and outside."""
        height, width = self.shape
        if not (0 <= y < height and 0 <= x < width):
            return None
        row, inside_y = divmod(y, self.pitch[0])
        column, inside_x = divmod(x, self.pitch[1])
        is_gap = inside_y >= self.pitch[0] - self.gap or inside_x >= self.pitch[1] - self.gap
        if is_gap:
            return None
        return row * self.columns + column, inside_y // self.scale, inside_x // self.scale

    def fitted(self, height: int, width: int) -> Grid:
        """Return the same grid as large as a panel allows, within the limits of the scale."""
        grids = (replace(self, scale=scale) for scale in range(LARGEST_SCALE, LEAST_SCALE, -1))
        fits = (grid for grid in grids if grid.shape[0] <= height and grid.shape[1] <= width)
        return next(fits, replace(self, scale=LEAST_SCALE))


def is_table(shape: tuple[int, ...]) -> bool:
    """Whether filters of ``shape`` are a table: they look neither at grey nor at red, green and blue."""
    return shape[3] not in (1, 3)


def layout(shape: tuple[int, ...], height: int, width: int, columns: int | None = None) -> Grid:
    """Return the grid for filters of ``shape`` (filters, height, width, channels) in a panel.

    With ``columns`` the tiles are places, so many in a row. Else:

    Filters of one or three channels fill the panel best, in reading order, without a nearly empty last row.
    Others are a table: a row a filter, a column an input channel; where not all rows fit, some do.
    """
    filters, tile_height, tile_width, channels = shape
    tile = (tile_height, tile_width)
    if columns is not None:
        return Grid(math.ceil(filters / columns), columns, tile).fitted(height, width)
    if is_table(shape):
        in_sight = Grid(min(filters, ROWS_IN_SIGHT), channels, tile).fitted(height, width)
        whole = Grid(filters, channels, tile).fitted(height, width)
        return whole if whole.shape[0] <= height else replace(in_sight, rows=filters)
    grids = (
        Grid(math.ceil(filters / columns), columns, tile).fitted(height, width)
        for columns in range(1, filters + 1)
    )
    return max(grids, key=lambda grid: (grid.shape[1] <= width, _merit(grid, filters), grid.columns))


def _merit(grid: Grid, filters: int) -> float:
    """How good a grid looks: large tiles, and rather no places without one."""
    return grid.scale * (1.0 if grid.rows * grid.columns == filters else 0.7)


def largest(
    weights: NDArray[np.floating], normalisation: Normalisation, reference: float | None = None
) -> NDArray[np.floating]:
    """Return the size of a weight that is black or white: (filters, 1, 1, 1), or (1, 1, 1, 1) for all.

    ``reference`` is the largest weight of all layers; where it is not known, that of this one is taken.
    """
    axes = (1, 2, 3) if normalisation == "filter" else None
    found = np.abs(_finite(weights)).max(axis=axes, keepdims=True, initial=0.0)
    if normalisation == "all" and reference is not None:
        found = np.full_like(found, reference)
    return np.where(found > 0, found, 1.0).astype(np.float32)


def tones(
    weights: NDArray[np.floating], normalisation: Normalisation, reference: float | None = None
) -> Tiles:
    """Return filters (filters, height, width, channels) as tiles.

    A weight of 0 is middle grey, the ``largest`` one black or white; one that is not finite is grey, too.
    """
    scaled = np.clip(_finite(weights) / largest(weights, normalisation, reference), -1.0, 1.0)
    tiles = np.rint(127.5 + 127.5 * scaled).astype(np.uint8)
    if is_table(weights.shape):
        _, height, width, _ = weights.shape
        return tiles.transpose(0, 3, 1, 2).reshape(-1, height, width, 1)
    return tiles


def _finite(weights: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.nan_to_num(weights.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)


def draw(tiles: Tiles, grid: Grid, first: int, last: int) -> NDArray[np.uint8]:
    """Return the rows of tiles from ``first`` to before ``last`` as RGBA pixels (height, width, 4).

    Gaps, and places without a tile, are transparent.
    """
    height, width = grid.tile
    some = tiles[first * grid.columns : last * grid.columns]
    cells = np.zeros(((last - first) * grid.columns, *grid.pitch, 4), np.uint8)
    large = some.repeat(grid.scale, axis=1).repeat(grid.scale, axis=2)
    cells[: len(some), : height * grid.scale, : width * grid.scale, :3] = large
    cells[: len(some), : height * grid.scale, : width * grid.scale, 3] = 255
    table = cells.reshape(last - first, grid.columns, *grid.pitch, 4).swapaxes(1, 2)
    return np.ascontiguousarray(
        table.reshape((last - first) * grid.pitch[0], grid.columns * grid.pitch[1], 4)
    )
