"""How normalisation with its pool is cut into pieces, on the host. What it computes, a GPU is asked."""

from __future__ import annotations

from itertools import product

import pytest

from kernels.cuda import _norm_blocks
from kernels.cuda._compile import SHARED_BY_RIGHT

LANES = 32


@pytest.mark.parametrize("maps", range(8, 257, 8))
def test_no_other_share_of_the_maps_puts_more_lanes_to_work(maps: int) -> None:
    """Whole pixels go to a warp."""
    at_work = {count: LANES // (maps // count) * (maps // count) for count in (8, 12) if maps % count == 0}
    assert at_work[_norm_blocks.maps_of_thread(maps)] == max(at_work.values())


@pytest.mark.parametrize("windows", [(31, 31), (15, 15), (1, 40), (200, 3)])
@pytest.mark.parametrize("room", [9, 96, 384])
def test_a_tile_fits_and_no_other_has_blocks_do_less_over_again(windows: tuple[int, int], room: int) -> None:
    """For 3 × 3 windows that are 2 apart; pixels that tiles have in common are normalised by each."""

    def pixels(tile: tuple[int, int]) -> int:
        return (2 * tile[0] + 1) * (2 * tile[1] + 1)

    def work(tile: tuple[int, int]) -> int:
        return pixels(tile) * -(-windows[0] // tile[0]) * -(-windows[1] // tile[1])

    found = _norm_blocks.tile(windows, (3, 3), (2, 2), SHARED_BY_RIGHT // room)
    assert pixels(found) <= room
    others = product(range(1, min(windows[0], 64) + 1), range(1, min(windows[1], 64) + 1))
    assert work(found) == min(work(tile) for tile in others if pixels(tile) <= room)
