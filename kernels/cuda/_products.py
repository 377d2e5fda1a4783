"""How the products of _product.cuh are cut into tiles, and launched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kernels.cuda._arrays import DeviceArray

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

    @property
    def macros(self) -> dict[str, int]:
        """What the kernel is told."""
        return {
            "TILE_ROWS": self.rows,
            "TILE_COLUMNS": self.columns,
            "WARP_ROWS": self.warp_rows,
            "SHARES": self.shares,
        }

    def launch(self, kernel: Any, arguments: tuple[Any, ...]) -> None:
        """Run the kernel."""
        kernel((self.tiles,), (self.threads,), arguments)


_SCALAR = (64, 64, 64)
_TENSOR = ((128, 128, 64), (128, 64, 64), (64, 128, 32), (64, 64, 32), (64, 32, 16), (32, 32, 16))
"""Rows, columns and rows of a warp, the largest tile first: it reads elements the fewest times."""


def shares(rows: int, columns: int, depth: int, products: int = 1) -> int:
    """Return into how many shares to cut the depth of products of which there are few tiles."""
    tiles = -(-rows // 64) * -(-columns // 64) * products
    return max(1, min(-(-_BLOCKS_WANTED // tiles), depth // _LEAST_DEPTH))


def tiling(dtype: Any, rows: int, columns: int, *, products: int = 1, shares: int = 1) -> Tiling:
    """Return the largest tile of which there are enough to keep a GPU busy.

    ``products`` of ``rows`` × ``columns`` are computed, each cut along its depth into ``shares``.
    """
    for shape in _TENSOR if str(dtype) == "bfloat16" else (_SCALAR,):
        tile_rows, tile_columns, warp_rows = shape
        tiles = -(-rows // tile_rows) * -(-columns // tile_columns) * products * shares
        fits = tile_rows < 2 * rows and tile_columns < 2 * columns
        if fits and tiles >= _BLOCKS_WANTED // 2:
            break
    warps = tile_rows // warp_rows * (tile_columns // _WARP_COLUMNS)
    threads = _WARP * warps if str(dtype) == "bfloat16" else _SCALAR_THREADS
    return Tiling(tile_rows, tile_columns, warp_rows, threads, tiles, shares)
