"""Average pooling and sums, against plain loops and against differences."""

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
    random,
    unwritten,
)
from tests.kernels.pool_geometry import GEOMETRIES, PoolGeometry, every_geometry

every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def forward(kernels: Kernels, geometry: PoolGeometry, x: Array, **how: bool) -> Array:
    """Return the means, or sums, by the kernel."""
    y = unwritten(geometry.maps, x.dtype)
    kernels.run("avg_pool.forward", {"x": x, "y": y}, **geometry.attributes, **how)
    return y


def backward(
    kernels: Kernels, geometry: PoolGeometry, dy: Array, dx: Array, *, accumulate: bool = False, **how: bool
) -> None:
    """Run the kernel."""
    attributes = {**geometry.attributes, **how}
    kernels.run("avg_pool.backward", {"dy": dy, "dx": dx}, accumulate=accumulate, **attributes)


@every_geometry
@every_dtype
def test_means_agree_with_plain_loops(kernels: Kernels, geometry: PoolGeometry, dtype: Any) -> None:
    """Each output is the mean of the pixels of its window that are inside the picture."""
    x = random(geometry.picture, 1, dtype)
    expected = np.empty(geometry.maps)
    for place, pixels in geometry.windows():
        expected[place] = sum(float(x[pixel]) for pixel in pixels) / len(pixels)
    np.testing.assert_allclose(forward(kernels, geometry, x), expected, **TOLERANCE[dtype])


@every_geometry
@every_dtype
def test_gradient_agrees_with_plain_loops(kernels: Kernels, geometry: PoolGeometry, dtype: Any) -> None:
    """Each window's gradient is shared evenly by its pixels inside the picture; accumulate=True adds."""
    dy = random(geometry.maps, 1, dtype)
    expected = np.zeros(geometry.picture)
    for place, pixels in geometry.windows():
        for pixel in pixels:
            expected[pixel] += float(dy[place]) / len(pixels)
    check_accumulates(
        lambda dx, accumulate: backward(kernels, geometry, dy, dx, accumulate=accumulate),
        expected.astype(dtype),
    )


@every_geometry
@every_dtype
def test_sums_agree_with_plain_loops(kernels: Kernels, geometry: PoolGeometry, dtype: Any) -> None:
    """Each output is the sum of the pixels inside, and hands its whole gradient to each of them."""
    x, dy = random(geometry.picture, 1, dtype), random(geometry.maps, 2, dtype)
    expected, gradient = np.empty(geometry.maps), np.zeros(geometry.picture)
    for place, pixels in geometry.windows():
        expected[place] = sum(float(x[pixel]) for pixel in pixels)
        for pixel in pixels:
            gradient[pixel] += float(dy[place])
    np.testing.assert_allclose(forward(kernels, geometry, x, total=True), expected, **TOLERANCE[dtype])
    check_accumulates(
        lambda dx, accumulate: backward(kernels, geometry, dy, dx, accumulate=accumulate, total=True),
        gradient.astype(dtype),
    )


def check(kernels: Kernels, geometry: PoolGeometry = GEOMETRIES["overlaps"], **how: bool) -> None:
    """Check the gradient of the pictures."""
    x, dy = random(geometry.picture, 1), random(geometry.maps, 2)
    dx = unwritten(x.shape)
    backward(kernels, geometry, dy, dx, **how)
    check_gradient(lambda x: forward(kernels, geometry, x, **how), x, dy, dx)


@every_geometry
def test_gradient_agrees_with_differences(kernels: Kernels, geometry: PoolGeometry) -> None:
    """The gradient is that of the forward kernel."""
    check(kernels, geometry)
    check(kernels, geometry, total=True)


def test_large_batches_are_pooled_like_single_pictures(kernels: Kernels) -> None:
    """Pictures do not mix, and none is left out."""
    geometry = PoolGeometry((5, 61, 60, 5), (3, 3), (2, 2), (-1, -1))
    x, dy = random(geometry.picture, 1), random(geometry.maps, 2)
    y, dx = forward(kernels, geometry, x), unwritten(geometry.picture)
    backward(kernels, geometry, dy, dx)
    for n in range(5):
        one, single = geometry._replace(picture=(1, *geometry.picture[1:])), slice(n, n + 1)
        np.testing.assert_allclose(y[single], forward(kernels, one, x[single]), **TOLERANCE[np.float64])
        gradient = unwritten(one.picture)
        backward(kernels, one, dy[single], gradient)
        np.testing.assert_allclose(dx[single], gradient, **TOLERANCE[np.float64])
