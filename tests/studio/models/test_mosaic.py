"""Filters as a picture."""

import numpy as np
import pytest

from studio.models.mosaic import LEAST_SCALE, Grid, draw, largest, layout, tones


def picture(weights, grid, normalisation="layer"):
    return draw(tones(weights, normalisation), grid, 0, grid.rows)


def test_an_rgb_filter_keeps_its_colours_and_its_place():
    weights = np.zeros((3, 2, 2, 3), np.float32)
    weights[1, 0, 1] = (1.0, -1.0, 0.0)
    pixels = picture(weights, Grid(1, 3, (2, 2), scale=3))
    assert (pixels[0:3, 10:13] == [255, 0, 128, 255]).all()
    assert (pixels[0:3, 0:6] == [128, 128, 128, 255]).all()
    assert (pixels[3:6, 7:13] == [128, 128, 128, 255]).all()


def test_gaps_and_missing_tiles_are_transparent():
    pixels = picture(np.ones((3, 2, 2, 1)), Grid(2, 2, (2, 2), scale=4))
    assert (pixels[8, :, 3] == 0).all()
    assert (pixels[:, 8, 3] == 0).all()
    assert (pixels[9:, 9:, 3] == 0).all()
    assert (pixels[:8, :8] == 255).all()
    assert (pixels[9:17, :8] == 255).all()


def test_many_channels_are_a_table_of_filters_by_channels():
    weights = np.zeros((2, 1, 1, 5), np.float32)
    weights[1, 0, 0, 3] = 1.0
    grid = layout(weights.shape, 7, 19)
    assert (grid.rows, grid.columns, grid.scale) == (2, 5, 3)
    pixels = picture(weights, grid)
    assert (pixels[4:7, 12:15] == 255).all()
    assert (pixels[:3, :, 0] <= 128).all()


def test_some_rows_are_the_same_as_those_of_the_whole_picture():
    weights = np.random.default_rng(1).normal(size=(10, 3, 2, 3))
    grid = Grid(4, 3, (3, 2), scale=5)
    tiles = tones(weights, "layer")
    whole, pitch = draw(tiles, grid, 0, 4), grid.pitch[0]
    np.testing.assert_array_equal(draw(tiles, grid, 1, 4), whole[pitch : 4 * pitch])


def test_normalising_each_filter_shows_weak_filters_as_strongly_as_strong_ones():
    weights = np.array([1.0, 0.01], np.float32).reshape(2, 1, 1, 1)
    assert tones(weights, "layer").ravel().tolist() == [255, 129]
    assert tones(weights, "filter").ravel().tolist() == [255, 255]


def test_weights_that_are_not_finite_are_grey_and_spoil_nothing():
    weights = np.array([np.nan, np.inf, 1.0], np.float32).reshape(3, 1, 1, 1)
    assert tones(weights, "layer").ravel().tolist() == [128, 128, 255]


def test_all_zero_filters_are_grey():
    assert (tones(np.zeros((4, 2, 2, 3)), "filter") == 128).all()


@pytest.mark.parametrize(
    ("height", "width", "grid"), [(130, 520, (4, 16)), (520, 130, (16, 4)), (320, 320, (8, 8))]
)
def test_tiles_are_laid_out_to_fill_the_panel(height, width, grid):
    found = layout((64, 5, 5, 3), height, width)
    assert (found.rows, found.columns) == grid
    assert found.shape[0] <= height
    assert found.shape[1] <= width


def test_a_full_grid_is_preferred_to_slightly_larger_tiles():
    found = layout((16, 5, 5, 3), 220, 480)
    assert found.rows * found.columns == 16


def test_of_a_table_that_does_not_fit_some_rows_do():
    grid = layout((64, 5, 5, 8), 250, 600)
    assert grid.rows == 64
    assert grid.scale > LEAST_SCALE
    assert 8 * grid.pitch[0] <= 250 + grid.gap
    assert grid.shape[1] <= 600


def test_a_weight_is_never_smaller_than_three_pixels():
    assert layout((64, 5, 5, 3), 10, 10).scale == layout((64, 5, 5, 32), 10, 10).scale == LEAST_SCALE


def test_a_place_on_the_picture_names_its_tile_and_its_weight():
    grid = Grid(2, 4, (5, 5), scale=3)
    corners = [(0, 0), (0, 14), (14, 0), (14, 14)]
    assert [grid.weight_at(*corner) for corner in corners] == [(0, 0, 0), (0, 0, 4), (0, 4, 0), (0, 4, 4)]
    assert grid.weight_at(16, 0) == (4, 0, 0)
    assert [grid.weight_at(30, x) for x in (52, 62)] == [(7, 4, 1), (7, 4, 4)]
    for outside in ((15, 0), (0, 15), (-1, 0), (0, 63)):
        assert grid.weight_at(*outside) is None


def test_what_is_black_or_white_follows_the_normalisation():
    weights = np.array([1.0, -2.0, 0.5, np.nan]).reshape(2, 2, 1, 1)
    assert largest(weights, "layer").ravel().tolist() == [2.0]
    assert largest(weights, "filter").ravel().tolist() == [2.0, 0.5]
    assert largest(weights, "all", 4.0).ravel().tolist() == [4.0]
    assert largest(0 * weights, "layer").ravel().tolist() == [1.0]
