"""The examples that come with the program."""

from __future__ import annotations

import pytest

from engine.graph.examples import example_names, load_example
from engine.graph.validate import check_network


def test_digits_and_shapes_are_there() -> None:
    """They are what a first run trains."""
    assert {"digits", "shapes"} <= set(example_names())


@pytest.mark.parametrize("name", example_names())
def test_every_example_can_be_trained(name: str) -> None:
    """Nothing is wrong with it, and each copy is its own."""
    network = load_example(name)
    check_network(network.graph)
    assert load_example(name).graph is not network.graph
