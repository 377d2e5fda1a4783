"""Generated convolutions, for odd geometries and each target, against NumPy's in float64."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.registry import find
from tests.kernels.cpu.vector.against_numpy import check, numbers, run_generated, run_numpy
from tests.kernels.test_conv import GEOMETRIES, Geometry

MORE = {
    "several blocks of filters": Geometry((3, 7, 9, 5), 70, (3, 3), (1, 1), (1, 1)),
    "uneven groups of images": Geometry((33, 5, 6, 17), 20, (3, 2), (2, 2), (1, 1)),
    "first layer": Geometry((2, 12, 12, 3), 64, (5, 5), (1, 1), (2, 2)),
    "large stride": Geometry((2, 23, 21, 3), 9, (11, 11), (4, 4), (3, 3)),
    "padding beyond the filter": Geometry((1, 3, 3, 2), 3, (2, 2), (1, 1), (3, 3)),
}
BUILT = MORE | {
    name: geometry
    for name, geometry in GEOMETRIES.items()
    if geometry.groups == 1 and geometry.dilation == (1, 1) and geometry.shared_biases
}
every_geometry = pytest.mark.parametrize("geometry", BUILT.values(), ids=BUILT)


@every_geometry
def test_maps(target: str, geometry: Geometry) -> None:
    """Maps agree with NumPy's."""
    arrays = {
        "x": numbers(geometry.picture, 1),
        "weights": numbers(geometry.weights, 2),
        "biases": numbers((geometry.filters,), 3),
        "y": numbers(geometry.maps, 4),
    }
    maps = run_numpy("conv.forward", arrays, **geometry.attributes)["y"]
    run_generated("conv.forward", target, arrays, **geometry.attributes)
    np.testing.assert_allclose(arrays["y"], maps, rtol=0, atol=5e-6 * max(np.abs(maps).max(), 1))


@every_geometry
def test_gradients(target: str, geometry: Geometry) -> None:
    """Gradients of pictures and filters agree with NumPy's."""
    dy, weights, x = numbers(geometry.maps, 1), numbers(geometry.weights, 2), numbers(geometry.picture, 3)
    arrays = {"dy": dy, "weights": weights, "dx": x.copy()}
    check("conv.backward_data", target, arrays, "dx", **geometry.attributes)
    arrays = {"x": x, "dy": dy, "dweights": weights.copy()}
    check("conv.backward_weights", target, arrays, "dweights", **geometry.attributes)


@pytest.mark.parametrize("name", ["uneven groups of images", "stride larger than the filter"])
def test_gradients_are_added(target: str, name: str) -> None:
    """With accumulate=True they are added to what is there."""
    geometry = BUILT[name]
    dy, weights, x = numbers(geometry.maps, 1), numbers(geometry.weights, 2), numbers(geometry.picture, 3)
    arrays = {"dy": dy, "weights": weights, "dx": x.copy()}
    check("conv.backward_data", target, arrays, "dx", **geometry.attributes, accumulate=True)
    arrays = {"x": x, "dy": dy, "dweights": weights.copy()}
    check("conv.backward_weights", target, arrays, "dweights", **geometry.attributes, accumulate=True)


def test_what_is_not_known_is_left_to_numpy() -> None:
    """Groups, dilation, float64 and neurons are not built."""
    shapes = {"x": (1, 4, 4, 2), "weights": (2, 3, 3, 2), "biases": (2,), "y": (1, 2, 2, 2)}
    plain = {"stride": (1, 1), "padding": (0, 0)}
    kernel = find("conv.forward", "cpu")
    assert kernel.build(shapes, plain, "float32", "plain") is not None
    for more, dtype in (
        ({"groups": 2}, "float32"),
        ({"dilation": (2, 1)}, "float32"),
        ({"neuron": "relu"}, "float32"),
        ({"accumulate": True}, "float32"),
        ({}, "float64"),
    ):
        assert kernel.build(shapes, plain | more, dtype, "plain") is None
    assert kernel.build(shapes, plain, "float32", "") is None
