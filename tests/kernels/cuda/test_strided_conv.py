"""First convolutions with a stride: bit for bit what the CPU computes, where sums are exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from kernels.arrays import Pair, Shape
from kernels.cuda import _strided_conv
from tests.kernels.cuda import whole_numbers
from tests.kernels.cuda.whole_numbers import Arrays


@dataclass(frozen=True)
class Geometry:
    """Pictures and filters; windows that overhang at the end count, if ``overhangs``."""

    x: Shape
    weights: Shape
    stride: Pair
    padding: Pair
    overhangs: Pair = (0, 0)

    @property
    def y(self) -> Shape:
        """The shape of the maps."""
        sides = zip(self.x[1:3], self.padding, self.weights[1:3], self.stride, self.overhangs, strict=True)
        rows, columns = (
            (extent + 2 * pad - size) // step + 1 + more for extent, pad, size, step, more in sides
        )
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
    "five channels": Geometry((2, 33, 32, 5), (128, 4, 4, 5), (3, 2), (3, 2)),
}
every_geometry = pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)


def run(device: str, operation: str, geometry: Geometry, arrays: Arrays, **further: Any) -> Arrays:
    """Return what the arrays hold after a kernel."""
    return whole_numbers.run(device, f"conv.{operation}", arrays, geometry.how | further)


@every_geometry
def test_there_are_kernels_for_these(geometry: Geometry) -> None:
    """And none where pairs of numbers lie across a side, or most of a cell would be zeros."""
    how = {**geometry.how, "groups": 1, "dilation": (1, 1)}
    shapes = geometry.x, geometry.weights, geometry.y
    assert _strided_conv.fits(*shapes, **how)
    assert not _strided_conv.fits(*shapes, **{**how, "dilation": (1, 2)})
    assert not _strided_conv.fits(*shapes, **{**how, "stride": (1, 1)})
    one_beside = {**how, "padding": (geometry.padding[0], geometry.padding[1] + 1)}
    assert _strided_conv.fits(*shapes, **one_beside) == (geometry.x[3] % 2 == 0)


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
