"""Weights that are pictures, and what of them is shown."""

import dataclasses

import numpy as np
import pytest

from engine.layers.catalogue import KINDS
from studio.models.pictured import MOST_CHANNELS, MOST_FILTERS, Pictured, pictured_layers
from tests.studio.fake_engine import small_network


def test_conv_local_and_fc_on_maps_are_pictures_and_fc_on_vectors_is_not():
    graph = small_network().graph
    graph.replace("conv2", KINDS["local"](filters=2, size=(3, 3), padding=(1, 1)))
    side = graph["data"].size[0]
    found = pictured_layers(graph)
    assert list(found) == ["conv1", "conv2", "fc1"]
    assert found["conv2"] == Pictured("local", (side * side, 36, 2), (3, 3, 4), (side, side))
    assert found["fc1"].window == (side, side, 2)
    graph.replace("conv2", KINDS["fc"](outputs=5))
    assert list(pictured_layers(graph)) == ["conv1", "conv2"], "fc1 sees no map any more"


def test_a_large_table_is_shown_in_part_from_where_one_wants():
    pictured = Pictured("conv", (300, 3, 3, 100), (3, 3, 100))
    weights = np.arange(300 * 900.0).reshape(300, 3, 3, 100)
    page = pictured.page(weights, 0, 0)
    assert (page.shown_filters, page.shown_channels) == (MOST_FILTERS, MOST_CHANNELS)
    assert page.is_table
    last = pictured.page(weights, 299, 99)
    assert last.pictures.shape == (1, 3, 3, 1)
    assert last.pictures[0, 0, 0, 0] == weights[299, 0, 0, 99]


@pytest.mark.parametrize("channels", [3, 5])
def test_the_filters_of_a_local_layer_lie_at_their_places(channels):
    pictured = Pictured("local", (6, 4 * channels, 7), (2, 2, channels), (2, 3))
    weights = np.random.default_rng(1).normal(size=(6, 4 * channels, 7))
    page = pictured.page(weights, 5, 1)
    assert (page.columns, page.filters, page.shown_filters) == (3, 7, 1)
    own = weights[4, :, 5].reshape(2, 2, channels)
    np.testing.assert_array_equal(page.pictures[4], own if channels == 3 else own[:, :, 1:2])


def test_rows_of_an_fc_layer_fold_back_into_the_map_that_they_see():
    pictured = Pictured("fc", (4, 12), (2, 2, 3))
    weights = np.arange(48.0).reshape(4, 12)
    page = dataclasses.replace(pictured.page(weights, 0, 0))
    assert not page.is_table
    np.testing.assert_array_equal(page.pictures[2].reshape(-1), weights[2])
