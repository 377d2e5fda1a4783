"""A unit's receptive field, against reaching forward from every single pixel by plain loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.graph.layer_graph import LayerGraph, Wire
from engine.graph.validate import inspect_network
from engine.layers.base import Layer
from engine.layers.catalogue import KINDS
from engine.plan.analysis.receptive_field import Region, receptive_field, shares_weights

CHAINS: list[list[Layer]] = [
    [KINDS["conv"](size=(3, 3), padding=(1, 1))] * 3,
    [KINDS["conv"](size=(5, 3), stride=(2, 1), padding=(2, 0)), KINDS["pool"](size=(3, 3), stride=(2, 2))],
    [
        KINDS["conv"](size=(3, 3), padding=(2, 2), dilation=(2, 2)),
        KINDS["local"](size=(3, 3), padding=(0, 0)),
    ],
    [KINDS["crop"](size=(9, 10), start=(2, 1)), KINDS["pool"](size=(2, 3), stride=(2, 2), start=(-1, 0))],
    [KINDS["nailbed"](stride=(2, 3)), KINDS["neuron"](), KINDS["mirror"]()],
    [KINDS["rnorm"](size=3), KINDS["conv"](size=(3, 3), padding=(0, 0))],
]


def network(chain: list[Layer]) -> tuple[LayerGraph, list[str]]:
    graph = LayerGraph()
    graph.add("data", KINDS["data"](size=(13, 14), channels=1))
    names = ["data"]
    for number, layer in enumerate(chain):
        names.append(f"layer{number}")
        graph.add(names[-1], layer)
        graph.connect(Wire(names[-2], names[-1]))
    return graph, names


def reach(layer: Any, pixels: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return the output places that a set of input pixels reaches, window by window."""
    height, width = pixels.shape
    reached = np.zeros(shape[:2], dtype=bool)
    for row in range(shape[0]):
        for column in range(shape[1]):
            for i, j in offsets(layer):
                match layer.kind:
                    case "conv" | "local":
                        y = row * layer.stride[0] - layer.padding[0] + i
                        x = column * layer.stride[1] - layer.padding[1] + j
                    case "pool":
                        y = row * layer.stride[0] + layer.start[0] + i
                        x = column * layer.stride[1] + layer.start[1] + j
                    case "crop":
                        y, x = row + layer.start[0], column + layer.start[1]
                    case "nailbed":
                        y, x = row * layer.stride[0], column * layer.stride[1]
                    case "mirror":
                        y, x = row, width - 1 - column
                    case _:
                        y, x = row + i, column + j
                if 0 <= y < height and 0 <= x < width:
                    reached[row, column] |= pixels[y, x]
    return reached


def offsets(layer: Any) -> list[tuple[int, int]]:
    if layer.kind in ("conv", "local", "pool"):
        step = getattr(layer, "dilation", (1, 1))
        return [(i * step[0], j * step[1]) for i in range(layer.size[0]) for j in range(layer.size[1])]
    if layer.kind == "rnorm":
        return [(i, j) for i in range(-1, 2) for j in range(-1, 2)]
    return [(0, 0)]


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: "-".join(layer.kind for layer in chain))
def test_the_field_holds_just_those_pixels_that_reach_the_unit(chain: list[Layer]) -> None:
    """Of every unit of the last layer; a dilated filter's field is told with its gaps."""
    graph, names = network(chain)
    inspection = inspect_network(graph)
    shapes = [inspection.outputs[name].shape for name in names]
    height, width, _ = shapes[-1]
    seen = {(row, column): set[tuple[int, int]]() for row in range(height) for column in range(width)}
    for y in range(shapes[0][0]):
        for x in range(shapes[0][1]):
            pixels = np.zeros(shapes[0][:2], dtype=bool)
            pixels[y, x] = True
            for layer, shape in zip(chain, shapes[1:], strict=True):
                pixels = reach(layer, pixels, shape)
            for place in zip(*map(list, np.nonzero(pixels)), strict=True):
                seen[place[0], place[1]].add((y, x))
    for place, field in seen.items():
        told = receptive_field(graph, inspection, names[-1], place)["data"]
        rows, columns = {y for y, _ in field}, {x for _, x in field}
        assert told == Region((min(rows), max(rows) + 1), (min(columns), max(columns) + 1)), place


def test_a_stack_of_small_filters_sees_as_much_as_a_large_one() -> None:
    """Three of 3 × 3 see 7 × 7; through a fully connected layer everything is seen."""
    graph, names = network([KINDS["conv"](size=(3, 3), padding=(1, 1))] * 3)
    field = receptive_field(graph, inspect_network(graph), names[-1], (6, 6))
    assert [field[name].size for name in names] == [(7, 7), (5, 5), (3, 3), (1, 1)]


def test_only_convolutions_share_their_weights() -> None:
    assert shares_weights(KINDS["conv"]())
    assert not shares_weights(KINDS["local"]())
