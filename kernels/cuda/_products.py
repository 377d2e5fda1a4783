"""How the products of _product.cuh are cut into tiles, and launched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import function, types

_SCALAR_THREADS = 256
_WARP = 32
_WARP_COLUMNS = 32
_BLOCKS_WANTED = 264
"""Two for each multiprocessor of the largest GPUs."""
_LEAST_DEPTH = 512
"""Of a share: less is not worth the sum over shares."""


def ends(
    biases: DeviceArray | None = None, *, neuron: str = "", gate: DeviceArray | None = None
) -> dict[str, int]:
    """Return the macros that tell what is done with sums before they are stored."""
    return {
        "BIASES": 0 if biases is None else biases.size,
        "RELU": int(neuron == "relu"),
        "GATED": int(gate is not None),
    }


@dataclass(frozen=True)
class Tiling:
    """The tile that a block computes, the number of tiles, and that of the shares their depth is cut into.

    A warp has ``warp_rows`` × 32 of the tile, if tensor cores multiply; else all threads have 4 × 4.
    """

    rows: int
    columns: int
    warp_rows: int
    threads: int
    tiles: int
    shares: int
    tf32: bool

    @property
    def _macros(self) -> dict[str, int]:
        """What the kernel is told."""
        return {
            "TILE_ROWS": self.rows,
            "TILE_COLUMNS": self.columns,
            "WARP_ROWS": self.warp_rows,
            "SHARES": self.shares,
            "TF32": int(self.tf32),
        }

    def launch(
        self, stem: str, name: str, dtype: Any, macros: Mapping[str, int], arguments: tuple[Any, ...]
    ) -> None:
        """Run the kernel ``name`` of a stem for numbers of a ``dtype``."""
        kernel = function(stem, name, **types(dtype), **macros, **self._macros)
        kernel((self.tiles,), (self.threads,), arguments)


_SCALAR = (64, 64, 64)
_TENSOR = ((128, 128, 64), (128, 64, 64), (64, 128, 32), (64, 64, 32), (64, 32, 16), (32, 32, 16))
"""Rows, columns and rows of a warp, the largest tile first: it reads elements the fewest times."""

LEARNED = 64 * 64
"""Sums of a tile at most, where threads hold the weights that they update: registers suffice for no more."""

_MOST_SUMS = 128 * 128


def _tiles(dtype: str, most_sums: int) -> list[tuple[int, int, int]]:
    shapes = _TENSOR if dtype == "bfloat16" else (_SCALAR,)
    return [shape for shape in shapes if shape[0] * shape[1] <= most_sums]


def shares(rows: int, columns: int, depth: int, products: int = 1) -> int:
    """Return into how many shares to cut the depth of products of which there are few tiles."""
    tiles = -(-rows // 64) * -(-columns // 64) * products
    return max(1, min(-(-_BLOCKS_WANTED // tiles), depth // _LEAST_DEPTH))


def tiling(
    dtype: Any,
    rows: int,
    columns: int,
    *,
    products: int = 1,
    shares: int = 1,
    most_sums: int = _MOST_SUMS,
    tf32: bool = False,
) -> Tiling:
    """Return the largest tile of which there are enough to keep a GPU busy.

    ``products`` of ``rows`` × ``columns`` are computed, each cut along its depth into ``shares``; a tile has
    ``most_sums`` at most. With ``tf32``, factors that are float32 are rounded to it.
    """
    for shape in _tiles(str(dtype), most_sums):
        tile_rows, tile_columns, warp_rows = shape
        tiles = -(-rows // tile_rows) * -(-columns // tile_columns) * products * shares
        fits = tile_rows < 2 * rows and tile_columns < 2 * columns
        if fits and tiles >= _BLOCKS_WANTED // 2:
            break
    warps = tile_rows // warp_rows * (tile_columns // _WARP_COLUMNS)
    threads = _WARP * warps if str(dtype) == "bfloat16" else _SCALAR_THREADS
    return Tiling(tile_rows, tile_columns, warp_rows, threads, tiles, shares, tf32)
