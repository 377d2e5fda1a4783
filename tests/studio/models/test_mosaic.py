"""Filters as a picture."""

import numpy as np
import pytest

from studio.models.mosaic import Grid, layout, mosaic


def test_an_rgb_filter_keeps_its_colours_and_its_place():
    weights = np.zeros((3, 2, 2, 3), np.float32)
    weights[1, 0, 1] = (1.0, -1.0, 0.0)
    grid = Grid(1, 3, (2, 2))
    picture = mosaic(weights, grid, "layer")
    assert picture.shape == (2, 8, 4)
    assert picture[0, 4].tolist() == [255, 0, 128, 255]
    assert picture[0, 0].tolist() == [128, 128, 128, 255]


def test_gaps_and_missing_tiles_are_transparent():
    picture = mosaic(np.ones((3, 2, 2, 1)), Grid(2, 2, (2, 2)), "layer")
    assert picture.shape == (5, 5, 4)
    assert (picture[2, :, 3] == 0).all()
    assert (picture[:, 2, 3] == 0).all()
    assert (picture[3:, 3:, 3] == 0).all()
    assert (picture[:2, :2] == 255).all()


def test_many_channels_are_a_table_of_filters_by_channels():
    weights = np.zeros((2, 1, 1, 5), np.float32)
    weights[1, 0, 0, 3] = 1.0
    grid = layout(weights.shape, 100, 100)
    assert (grid.rows, grid.columns) == (2, 5)
    picture = mosaic(weights, grid, "layer")
    assert picture[2, 6].tolist() == [255, 255, 255, 255]
    assert (picture[0, :, 0] <= 128).all()


def test_normalising_each_filter_shows_weak_filters_as_strongly_as_strong_ones():
    weights = np.array([1.0, 0.01], np.float32).reshape(2, 1, 1, 1)
    grid = Grid(1, 2, (1, 1))
    assert mosaic(weights, grid, "layer")[0, ::2, 0].tolist() == [255, 129]
    assert mosaic(weights, grid, "filter")[0, ::2, 0].tolist() == [255, 255]


def test_weights_that_are_not_finite_are_grey_and_spoil_nothing():
    weights = np.array([np.nan, np.inf, 1.0], np.float32).reshape(3, 1, 1, 1)
    assert mosaic(weights, Grid(1, 3, (1, 1)), "layer")[0, ::2, 0].tolist() == [128, 128, 255]


def test_all_zero_filters_are_grey():
    assert (mosaic(np.zeros((4, 2, 2, 3)), Grid(2, 2, (2, 2)), "filter")[0, 0, :3] == 128).all()


@pytest.mark.parametrize(("width", "height", "columns"), [(400, 100, 16), (100, 400, 4), (200, 200, 8)])
def test_tiles_are_laid_out_to_fill_the_panel(width, height, columns):
    assert layout((64, 5, 5, 3), width, height).columns == columns


def test_a_place_on_the_picture_names_its_tile():
    grid = Grid(2, 4, (5, 5))
    for index in range(8):
        row, column = grid.place(index)
        assert grid.tile_at(row, column) == grid.tile_at(row + 4, column + 4) == index
    assert grid.tile_at(5, 0) is None
    assert grid.tile_at(0, 5) is None
    assert grid.tile_at(-1, 0) is None
    assert grid.tile_at(0, 24) is None
