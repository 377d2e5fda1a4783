"""Max pooling, against plain loops and against differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.kernels.gradient_check import (
    DTYPES,
    TOLERANCE,
    Array,
    Kernels,
    check_accumulates,
    check_gradient,
    distinct,
    random,
    unwritten,
)
from tests.kernels.pool_geometry import GEOMETRIES, PoolGeometry, every_geometry

every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def forward(kernels: Kernels, geometry: PoolGeometry, x: Array) -> Array:
    """Return the maxima by the kernel."""
    y = unwritten(geometry.maps, x.dtype)
    kernels.run("max_pool.forward", {"x": x, "y": y}, **geometry.attributes)
    return y


def backward(
    kernels: Kernels, geometry: PoolGeometry, x: Array, dy: Array, dx: Array, *, accumulate: bool = False
) -> None:
    """Run the kernel on the maxima of ``x``."""
    arrays = {"x": x, "y": forward(kernels, geometry, x), "dy": dy, "dx": dx}
    kernels.run("max_pool.backward", arrays, accumulate=accumulate, **geometry.attributes)


@every_geometry
@every_dtype
def test_maxima_agree_with_plain_loops(kernels: Kernels, geometry: PoolGeometry, dtype: Any) -> None:
    """Each output is the largest pixel of its window, negative ones too."""
    x = random(geometry.picture, 1, dtype) - dtype(2)
    expected = np.empty(geometry.maps, dtype)
    for place, pixels in geometry.windows():
        expected[place] = max(x[pixel] for pixel in pixels)
    np.testing.assert_array_equal(forward(kernels, geometry, x), expected)


@every_geometry
@every_dtype
def test_gradient_goes_to_every_tied_maximum(kernels: Kernels, geometry: PoolGeometry, dtype: Any) -> None:
    """All pixels as large as the maximum get the whole gradient of their window; accumulate=True adds."""
    x = np.random.default_rng(1).integers(0, 3, geometry.picture).astype(dtype)
    dy = random(geometry.maps, 2, dtype)
    expected, ties = np.zeros(geometry.picture), 0
    for place, pixels in geometry.windows():
        largest = [pixel for pixel in pixels if x[pixel] == max(x[other] for other in pixels)]
        ties += len(largest) > 1
        for pixel in largest:
            expected[pixel] += dy[place]
    assert ties
    check_accumulates(
        lambda dx, accumulate: backward(kernels, geometry, x, dy, dx, accumulate=accumulate),
        expected.astype(dtype),
    )


def check(kernels: Kernels, geometry: PoolGeometry = GEOMETRIES["overlaps"]) -> None:
    """Check the gradient of the pictures, where no pixels are tied."""
    x, dy = distinct(geometry.picture, 1), random(geometry.maps, 2)
    dx = unwritten(x.shape)
    backward(kernels, geometry, x, dy, dx)
    check_gradient(lambda x: forward(kernels, geometry, x), x, dy, dx)


@every_geometry
def test_gradient_agrees_with_differences(kernels: Kernels, geometry: PoolGeometry) -> None:
    """The gradient is that of the forward kernel."""
    check(kernels, geometry)


def test_large_batches_are_pooled_like_single_pictures(kernels: Kernels) -> None:
    """Pictures do not mix, and none is left out."""
    geometry = PoolGeometry((5, 61, 60, 5), (3, 3), (2, 2), (0, 0))
    x, dy = random(geometry.picture, 1), random(geometry.maps, 2)
    y, dx = forward(kernels, geometry, x), unwritten(geometry.picture)
    backward(kernels, geometry, x, dy, dx)
    for n in range(5):
        one, single = geometry._replace(picture=(1, *geometry.picture[1:])), slice(n, n + 1)
        np.testing.assert_array_equal(y[single], forward(kernels, one, x[single]))
        gradient = unwritten(one.picture)
        backward(kernels, one, x[single], dy[single], gradient)
        np.testing.assert_allclose(dx[single], gradient, **TOLERANCE[np.float64])


def test_what_is_not_a_number_stays_so(kernels: Kernels) -> None:
    """A window that sees a NaN gives NaN, so that a broken training is noticed."""
    geometry = GEOMETRIES["fits"]
    x = random(geometry.picture)
    x[0, 1, 2, 0] = np.nan
    y = forward(kernels, geometry, x)
    assert np.isnan(y[0, 0, 1, 0])
    assert np.isnan(y).sum() == 1
