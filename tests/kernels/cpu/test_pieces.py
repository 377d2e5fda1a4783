"""Cutting work into pieces."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.cpu._pieces import PIECE, pieces
from kernels.cpu._window import image_groups


@pytest.mark.parametrize("total", [0, 1, 6, 7, 8, 21])
def test_pieces_cover_everything_once(total: int) -> None:
    """They are as long as asked, but for the last."""
    numbers = np.arange(total)
    parts = [numbers[piece] for piece in pieces(total, 7)]
    np.testing.assert_array_equal(np.concatenate([*parts, []]), numbers)
    assert all(len(part) == 7 for part in parts[:-1])


def test_groups_of_pictures_fit_in_a_piece_or_hold_one_picture() -> None:
    """A picture that is larger than a piece is a group alone."""
    assert [group.stop - group.start for group in image_groups((5, 1, PIECE // 2, 1))] == [2, 2, 1]
    assert [group.stop - group.start for group in image_groups((2, 2, PIECE, 3))] == [1, 1]
