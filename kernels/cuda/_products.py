"""How the products of _product.cuh are cut up, and launched."""

from __future__ import annotations

from typing import Any

THREADS = 256
_TILE = 64
_BLOCKS_WANTED = 512
"""As many blocks keep the largest GPUs busy."""
_LEAST_DEPTH = 256
"""Of a share: less is not worth the sum over shares."""


def launch(kernel: Any, rows: int, columns: int, batch: int, arguments: tuple[Any, ...]) -> None:
    """Run a kernel that computes ``batch`` products of ``rows`` × ``columns``."""
    kernel((_tiles(rows, columns) * batch,), (THREADS,), arguments)


def shares(rows: int, columns: int, depth: int, batch: int = 1) -> int:
    """Return into how many shares to cut products of ``depth``: few tiles leave a GPU idle."""
    wanted = -(-_BLOCKS_WANTED // (_tiles(rows, columns) * batch))
    return max(1, min(wanted, depth // _LEAST_DEPTH))


def _tiles(rows: int, columns: int) -> int:
    return -(-rows // _TILE) * -(-columns // _TILE)
