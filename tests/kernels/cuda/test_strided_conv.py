"""First convolutions with a stride: bit for bit what the CPU computes, where sums are exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from kernels.arrays import Pair, Shape
from kernels.cuda import _strided_conv, conv
from tests.kernels.cuda import nvrtc, whole_numbers
from tests.kernels.cuda.launches import noted
from tests.kernels.cuda.test_compiles import QUICKLY, assert_compiles
from tests.kernels.cuda.whole_numbers import Arrays, Convolution


@dataclass(frozen=True)
class Geometry(Convolution):
    """A convolution; so many windows that overhang at the end count, too."""

    overhangs: Pair = (0, 0)

    @property
    def y(self) -> Shape:
        """The shape of the maps."""
        rows, columns = (inside + over for inside, over in zip(self.maps, self.overhangs, strict=True))
        return (self.x[0], rows, columns, self.weights[0])

    @property
    def how(self) -> dict[str, Any]:
        """The attributes of the kernels."""
        return {"stride": self.stride, "padding": self.padding}

    def arrays(self, *ports: str) -> Arrays:
        """Return small whole numbers for the arrays at some ports."""
        shapes = {"x": self.x, "weights": self.weights, "biases": self.weights[:1], "dy": self.y}
        chance = np.random.default_rng(0)
        return {port: chance.integers(-3, 4, shapes[port]) for port in ports}

    @property
    def forward(self) -> Arrays:
        """The arrays of the kernel that makes maps."""
        return self.arrays("x", "weights", "biases") | {"y": np.full(self.y, 77)}

    @property
    def backward(self) -> Arrays:
        """The arrays of the kernel that makes gradients."""
        return self.arrays("x", "dy") | {"dweights": np.full(self.weights, 77)}


GEOMETRIES = {
    "the ImageNet network": Geometry((3, 224, 224, 3), (64, 11, 11, 3), (4, 4), (18, 18)),
    "blocks with few maps, many rows": Geometry((70, 31, 24, 3), (72, 7, 6, 3), (2, 2), (2, 0)),
    "stride 4 by 2, windows that overhang": Geometry((2, 50, 40, 2), (40, 9, 3, 2), (4, 2), (1, 3), (2, 1)),
    "a filter of one cell": Geometry((300, 12, 16, 1), (8, 4, 4, 1), (4, 4), (0, 0)),
    "two rows of maps, of the most columns": Geometry((3, 9, 128, 5), (16, 5, 6, 5), (4, 2), (0, 2)),
    "blocks that go on with the next picture": Geometry((140, 29, 24, 3), (72, 7, 6, 3), (2, 2), (2, 0)),
    "one picture, lower than the filter, with much around it": Geometry(
        (1, 5, 16, 3), (8, 8, 8, 3), (4, 4), (9, 18)
    ),
    "five channels": Geometry((2, 33, 32, 5), (128, 4, 4, 5), (3, 2), (3, 2)),
}
every_geometry = pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)


def run(device: str, operation: str, geometry: Geometry, arrays: Arrays, **further: Any) -> Arrays:
    """Return what the arrays hold after a kernel."""
    return whole_numbers.run(device, f"conv.{operation}", arrays, geometry.how | further)


PLAIN = {"groups": 1, "dilation": (1, 1)}


@every_geometry
def test_there_are_kernels_for_these(geometry: Geometry) -> None:
    assert _strided_conv.fits(geometry.x, geometry.weights, geometry.y, **geometry.how, **PLAIN)


OTHERS = {
    "no stride": Geometry((2, 224, 224, 3), (64, 11, 11, 3), (1, 1), (18, 18)),
    "no whole chunks of maps": Geometry((2, 224, 224, 3), (60, 11, 11, 3), (4, 4), (18, 18)),
    "many maps": Geometry((2, 224, 224, 3), (136, 11, 11, 3), (4, 4), (18, 18)),
    "many channels": Geometry((2, 224, 224, 8), (64, 4, 4, 8), (4, 4), (0, 0)),
    "wide maps": Geometry((2, 224, 264, 3), (64, 11, 11, 3), (4, 4), (18, 18)),
    "a row is no pairs": Geometry((2, 224, 223, 3), (64, 11, 11, 3), (4, 4), (18, 18)),
    "a cell is no pairs": Geometry((2, 224, 160, 3), (64, 11, 11, 3), (4, 3), (18, 18)),
    "padding is no pairs": Geometry((2, 224, 224, 3), (64, 11, 11, 3), (4, 4), (18, 17)),
    "cells of zeros": Geometry((2, 224, 224, 3), (64, 5, 5, 3), (4, 4), (18, 18)),
    "no room": Geometry((2, 224, 224, 7), (64, 12, 12, 7), (4, 4), (0, 0)),
    "too many sums": Geometry((2, 224, 40, 3), (8, 16, 24, 3), (4, 4), (0, 0)),
}


@pytest.mark.parametrize("geometry", OTHERS.values(), ids=OTHERS)
def test_others_are_left(geometry: Geometry) -> None:
    """To packing, and to products."""
    assert not _strided_conv.fits(geometry.x, geometry.weights, geometry.y, **geometry.how, **PLAIN)


@pytest.mark.parametrize("further", [{"groups": 2}, {"dilation": (1, 2)}])
def test_groups_and_dilated_filters_are_left(further: dict[str, Any]) -> None:
    geometry = GEOMETRIES["the ImageNet network"]
    assert not _strided_conv.fits(geometry.x, geometry.weights, geometry.y, **geometry.how, **PLAIN | further)


@pytest.mark.skipif(nvrtc.folder() is None, reason="the compiler's wheel is not installed")
def test_kernels_compile_for_these() -> None:
    """They hold against each other what Python and they say that a block takes of shared memory."""
    with noted() as units:
        for geometry in GEOMETRIES.values():
            hollow = {
                port: np.broadcast_to(np.zeros((), whole_numbers.type_of("cuda", port)), array.shape)
                for port, array in {**geometry.forward, **geometry.backward}.items()
            }
            forward = {port: hollow[port] for port in ("x", "weights", "biases", "y")}
            conv.forward(**forward, **geometry.how)
            shapes = geometry.x, geometry.weights, geometry.y, geometry.weights[:1]
            shares = np.zeros(_strided_conv.shares(*shapes, geometry.stride), np.float32)
            backward = {port: hollow[port] for port in ("x", "dy", "dweights")}
            conv.backward_weights(**backward, shares=shares, **geometry.how)
    assert_compiles([(source, (*options, *QUICKLY)) for source, options in units], "sm_80")


@every_geometry
def test_every_row_is_in_one_share(geometry: Geometry) -> None:
    """No share is empty: its block would begin behind the last row."""
    shapes = geometry.x, geometry.weights, geometry.y
    shares, pitch = _strided_conv.shares(*shapes, geometry.weights[:1], geometry.stride)
    rows = len_of_cells(geometry)
    of_share = -(-rows // shares)
    assert (shares - 1) * of_share < rows <= shares * of_share
    assert pitch >= np.prod(geometry.weights) + geometry.weights[0]


def len_of_cells(geometry: Geometry) -> int:
    """Return how many rows of cells all pictures have."""
    return geometry.x[0] * (geometry.y[1] - 1 + -(-geometry.weights[1] // geometry.stride[0]))


@pytest.mark.gpu
@every_geometry
@pytest.mark.parametrize("neuron", ["", "relu", "tanh"])
def test_maps_are_those_of_the_cpu(geometry: Geometry, neuron: str) -> None:
    arrays = geometry.forward
    exact = run("cpu", "forward", geometry, arrays)["y"]
    found = run("cuda", "forward", geometry, arrays, neuron=neuron)["y"]
    if neuron == "tanh":
        np.testing.assert_allclose(found.astype("f8"), np.tanh(exact), atol=1e-2)
    else:
        expected = np.maximum(exact, 0) if neuron else exact
        np.testing.assert_array_equal(found, expected.astype(found.dtype))


@pytest.mark.gpu
def test_maps_without_biases_are_those_of_the_cpu() -> None:
    geometry = GEOMETRIES["blocks with few maps, many rows"]
    arrays = geometry.forward
    del arrays["biases"]
    expected = run("cpu", "forward", geometry, arrays)["y"]
    found = run("cuda", "forward", geometry, arrays)["y"]
    np.testing.assert_array_equal(found, expected.astype(found.dtype))


@pytest.mark.gpu
@every_geometry
def test_gradients_are_those_of_the_cpu(geometry: Geometry) -> None:
    """Of filters and of biases, the same each time, with biases and without."""
    arrays = geometry.backward
    of_filters = run("cpu", "backward_weights", geometry, arrays)["dweights"]
    of_biases = arrays["dy"].sum((0, 1, 2))
    with_biases = {**arrays, "dbiases": np.full(geometry.weights[:1], 77)}
    both = [run("cuda", "backward_weights", geometry, with_biases) for _ in range(2)]
    for found in both:
        np.testing.assert_array_equal(found["dbiases"], of_biases)
    for found in (*both, run("cuda", "backward_weights", geometry, arrays)):
        np.testing.assert_array_equal(found["dweights"], of_filters)


@pytest.mark.gpu
def test_gradients_are_added() -> None:
    geometry = GEOMETRIES["five channels"]
    arrays, how = geometry.backward, {"accumulate": True}
    found, expected = (run(device, "backward_weights", geometry, arrays, **how) for device in ("cuda", "cpu"))
    np.testing.assert_array_equal(found["dweights"], expected["dweights"])
