"""How batch normalisation is shared out over a GPU. No GPU is needed."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest

from engine.runtime.arrays import element_type
from kernels.cuda import batch_norm

SHAPES = [
    (128, 32, 32, 16),
    (128, 8, 8, 64),
    (5, 3),
    (4, 2, 3, 7),
    (128, 4096),
    (2, 5, 5, 1024),
    (64, 9, 9, 24),
]


@pytest.mark.parametrize("dtype", ["bfloat16", "float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_scratch_memory_has_room_for_all_groups(shape: tuple[int, ...], dtype: str) -> None:
    """Workspaces are asked for without the type, on which the number of groups depends."""
    x = np.broadcast_to(np.zeros((), element_type(dtype)), shape)
    grid = batch_norm._grid(x)
    room = batch_norm.forward_workspace({"x": shape}, epsilon=0.1, share=0.1)["partials"]
    assert room == batch_norm.backward_data_workspace({"x": shape})["partials"]
    assert 2 * grid.groups + 2 <= room[0]
    assert room[1] == shape[-1] <= grid.beside * grid.lanes * grid.pack
    assert shape[-1] % grid.pack == 0
    assert grid.groups <= prod(shape[:-1])
