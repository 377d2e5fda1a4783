"""Fast convolution, against NumPy's in float64, and its matrices against a plain sum."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.cpu.vector.target import targets
from kernels.cpu.vector.toom_cook import fast_convolution
from kernels.cpu.vector.winograd_layout import fewest_products
from kernels.registry import find
from tests.kernels.cpu.vector.against_numpy import check, numbers, run_generated, run_numpy
from tests.kernels.test_conv import Geometry

PARTIAL = Geometry((18, 7, 9, 20), 37, (3, 3), (1, 1), (1, 1))
"""Tiles and vectors are partial."""
GEOMETRIES = {
    "whole tiles": Geometry((3, 12, 12, 16), 16, (3, 3), (1, 1), (1, 1)),
    "5 × 5": Geometry((2, 9, 8, 16), 32, (5, 5), (1, 1), (2, 1)),
    "stride 4, as ImageNet's first": Geometry((5, 43, 40, 3), 18, (11, 11), (4, 4), (8, 8)),
    "stride 2, squares across the border": Geometry((3, 17, 19, 5), 16, (5, 5), (2, 2), (1, 3)),
    "no border": Geometry((1, 6, 7, 16), 16, (3, 3), (1, 1), (0, 0)),
}
every_geometry = pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)


@pytest.mark.parametrize(("results", "taps"), [(2, 3), (4, 3), (5, 3), (6, 3), (4, 5), (2, 5)])
def test_matrices_make_a_convolution(results: int, taps: int) -> None:
    """Aᵀ [(G g) ⊙ (Bᵀ d)] is the sum over the taps."""
    fast = fast_convolution(results, taps)
    d, g = np.random.default_rng(1).uniform(-1, 1, fast.products), np.linspace(-1, 2, taps)
    found = np.array(fast.output) @ ((np.array(fast.filter) @ g) * (np.array(fast.input) @ d))
    np.testing.assert_allclose(found, np.convolve(d, g[::-1], "valid"), rtol=0, atol=1e-13)


@pytest.mark.parametrize(("side", "taps", "results"), [(8, 3, 4), (12, 3, 6), (13, 3, 5), (27, 5, 4)])
def test_tiles_are_those_with_the_fewest_products(side: int, taps: int, results: int) -> None:
    """Large ones, unless they stand out over the edge."""
    assert fewest_products((1, side, side, 16), taps) == results


def test_maps_of_each_target(target: str) -> None:
    """They agree with NumPy's, in partial tiles and vectors too."""
    check_maps(f"{target} winograd", PARTIAL)


@every_geometry
def test_maps(geometry: Geometry) -> None:
    """They agree with NumPy's for other geometries."""
    check_maps(f"{next(iter(targets()))} winograd", geometry)


def check_maps(code: str, geometry: Geometry) -> None:
    """Compare with NumPy's."""
    arrays = {
        "x": numbers(geometry.picture, 1),
        "weights": numbers(geometry.weights, 2),
        "biases": numbers((geometry.filters,), 3),
        "y": numbers(geometry.maps, 4),
    }
    maps = run_numpy("conv.forward", arrays, **geometry.attributes)["y"]
    run_generated("conv.forward", code, arrays, **geometry.attributes)
    np.testing.assert_allclose(arrays["y"], maps, rtol=0, atol=3e-5 * np.abs(maps).max())


def test_gradients_of_each_target(target: str) -> None:
    """Added to what is there, they agree with NumPy's, in partial tiles and vectors too."""
    check_gradients(f"{target} winograd", PARTIAL, accumulate=True)


@every_geometry
def test_gradients(geometry: Geometry) -> None:
    """They agree with NumPy's for other geometries."""
    check_gradients(f"{next(iter(targets()))} winograd", geometry, accumulate=False)


def check_gradients(code: str, geometry: Geometry, *, accumulate: bool) -> None:
    """Compare the gradients of pictures and filters with NumPy's."""
    dy, weights, x = numbers(geometry.maps, 1), numbers(geometry.weights, 2), numbers(geometry.picture, 3)
    attributes = geometry.attributes | {"accumulate": accumulate}
    check("conv.backward_data", code, {"dy": dy, "weights": weights, "dx": x.copy()}, "dx", **attributes)
    arrays = {"x": x, "dy": dy, "dweights": weights.copy()}
    check("conv.backward_weights", code, arrays, "dweights", **attributes)


def test_the_method_is_told_and_can_be_chosen() -> None:
    """Without a word, a layer for which it wins takes it; "direct" turns it off."""
    shapes = {"x": (2, 8, 8, 16), "weights": (16, 3, 3, 16), "biases": (16,), "y": (2, 8, 8, 16)}
    kernel, attributes = find("conv.forward", "cpu"), {"stride": (1, 1), "padding": (1, 1)}

    def method(code: str, **changed: tuple[int, ...]) -> str:
        built = kernel.build(shapes | changed, attributes, "float32", code)
        assert built is not None
        return built.method

    assert method("plain") == method("plain winograd") == "winograd"
    assert method("plain direct") == "direct"
    few_channels = {"x": (2, 8, 8, 3), "weights": (16, 3, 3, 3)}
    assert method("plain", **few_channels) == "direct"


@pytest.mark.parametrize("operation", ["conv.forward", "conv.backward_weights"])
def test_a_stride_on_few_channels_is_taken_as_squares(operation: str) -> None:
    """Where enough taps are left of a side, and enough channels; and it can be turned off."""
    kernel = find(operation, "cpu")

    def method(code: str, size: int, stride: int, channels: int = 3) -> str:
        geometry = Geometry((2, 40, 40, channels), 16, (size, size), (stride, stride), (0, 0))
        shapes = {"x": geometry.picture, "biases": (16,), "y": geometry.maps, "dy": geometry.maps}
        shapes |= {"weights": geometry.weights, "dweights": geometry.weights}
        built = kernel.build(shapes, geometry.attributes, "float32", code)
        assert built is not None
        return built.method

    assert method("plain", 11, 4) == "winograd"
    assert method("plain direct", 11, 4) == "direct"
    assert method("plain", 3, 2) == "direct"  # 2 × 2 taps of 12 channels
    assert method("plain", 5, 2) == "direct"  # 12 channels are too few
    assert method("plain", 11, 4, channels=16) == "direct"  # as it is, it has enough
