"""Convolution, against plain loops and against differences."""

from __future__ import annotations

from typing import Any, NamedTuple

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


class Geometry(NamedTuple):
    """One convolution."""

    picture: tuple[int, int, int, int]
    filters: int
    size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    groups: int = 1
    dilation: tuple[int, int] = (1, 1)
    shared_biases: bool = True

    @property
    def maps(self) -> tuple[int, int, int, int]:
        """Shape of the maps: as many places as cover the padded picture."""
        extents = zip(self.picture[1:3], self.size, self.stride, self.padding, self.dilation, strict=True)
        rows, columns = (
            1 + -(-(2 * pad + extent - (k - 1) * d - 1) // s) for extent, k, s, pad, d in extents
        )
        return (self.picture[0], rows, columns, self.filters)

    @property
    def weights(self) -> tuple[int, int, int, int]:
        """Shape of the filters."""
        return (self.filters, *self.size, self.picture[3] // self.groups)

    @property
    def biases(self) -> tuple[int, ...]:
        """Shape of the biases: one a map, or one a place of each."""
        return (self.filters,) if self.shared_biases else (self.maps[1] * self.maps[2], self.filters)

    def channels(self, f: int) -> slice:
        """Return the channels that filter ``f`` sees."""
        seen = self.picture[3] // self.groups
        group = f * self.groups // self.filters
        return slice(group * seen, (group + 1) * seen)

    @property
    def attributes(self) -> dict[str, Any]:
        """What the kernel is told."""
        return {
            "stride": self.stride,
            "padding": self.padding,
            "groups": self.groups,
            "dilation": self.dilation,
        }


GEOMETRIES = {
    "plain": Geometry((1, 5, 7, 1), 2, (3, 3), (1, 1), (0, 0)),
    "one pixel": Geometry((2, 4, 3, 3), 2, (1, 1), (1, 1), (0, 0)),
    "padded": Geometry((5, 4, 5, 3), 2, (3, 5), (1, 1), (1, 2)),
    "stride 2, overhangs": Geometry((5, 6, 5, 1), 3, (3, 2), (2, 2), (1, 0)),
    "stride 3 by 2, overhangs": Geometry((1, 6, 7, 3), 4, (2, 4), (3, 2), (0, 1)),
    "stride 3 by 1, overhangs": Geometry((1, 8, 5, 3), 2, (4, 3), (3, 1), (0, 1)),
    "stride larger than the filter": Geometry((1, 6, 5, 3), 2, (1, 2), (2, 3), (0, 0)),
    "groups": Geometry((3, 4, 5, 6), 4, (3, 2), (2, 1), (1, 1), groups=2),
    "depthwise": Geometry((2, 5, 4, 3), 6, (3, 3), (1, 1), (1, 1), groups=3),
    "dilated": Geometry((2, 8, 7, 2), 3, (3, 2), (2, 1), (1, 2), dilation=(2, 3)),
    "dilated groups, biases of their own": Geometry(
        (2, 6, 6, 4), 4, (2, 2), (1, 1), (0, 0), 2, (3, 2), False
    ),
    "one place": Geometry((1, 3, 4, 3), 1, (3, 4), (2, 2), (0, 0)),
}

every_geometry = pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def joined(geometry: Geometry) -> list[tuple[int, int, int, int, int, int]]:
    """Return (p, q, i, j, row, column) for every tap (i, j) of place (p, q) that is inside the picture."""
    _, height, width, _ = geometry.picture
    return [
        (p, q, i, j, row, column)
        for _, p, q, i, j in np.ndindex(1, *geometry.maps[1:3], *geometry.size)
        if 0 <= (row := p * geometry.stride[0] + i * geometry.dilation[0] - geometry.padding[0]) < height
        and 0 <= (column := q * geometry.stride[1] + j * geometry.dilation[1] - geometry.padding[1]) < width
    ]


def forward(kernels: Kernels, geometry: Geometry, x: Array, weights: Array, biases: Array) -> Array:
    """Return the maps by the kernel."""
    y = unwritten(geometry.maps, x.dtype)
    arrays = {"x": x, "weights": weights, "biases": biases, "y": y}
    kernels.run("conv.forward", arrays, **geometry.attributes)
    return y


def backward_data(
    kernels: Kernels, geometry: Geometry, dy: Array, weights: Array, dx: Array, *, accumulate: bool = False
) -> None:
    """Run the kernel."""
    arrays = {"dy": dy, "weights": weights, "dx": dx}
    kernels.run("conv.backward_data", arrays, accumulate=accumulate, **geometry.attributes)


def backward_weights(
    kernels: Kernels, geometry: Geometry, x: Array, dy: Array, dweights: Array, *, accumulate: bool = False
) -> None:
    """Run the kernel."""
    arrays = {"x": x, "dy": dy, "dweights": dweights}
    kernels.run("conv.backward_weights", arrays, accumulate=accumulate, **geometry.attributes)


@every_geometry
@every_dtype
def test_maps_agree_with_plain_loops(kernels: Kernels, geometry: Geometry, dtype: Any) -> None:
    """Each output is its bias plus the sum over the taps inside the picture."""
    x, weights = random(geometry.picture, 1, dtype), random(geometry.weights, 2, dtype)
    biases = random(geometry.biases, 3, dtype)
    expected = np.empty(geometry.maps)
    expected[...] = biases if geometry.shared_biases else biases.reshape(geometry.maps[1:])
    for p, q, i, j, row, column in joined(geometry):
        for n, f in np.ndindex(geometry.picture[0], geometry.filters):
            seen = x[n, row, column, geometry.channels(f)].astype(float)
            expected[n, p, q, f] += seen @ weights[f, i, j].astype(float)
    np.testing.assert_allclose(forward(kernels, geometry, x, weights, biases), expected, **TOLERANCE[dtype])


@every_geometry
@every_dtype
def test_gradient_of_pictures_agrees_with_plain_loops(
    kernels: Kernels, geometry: Geometry, dtype: Any
) -> None:
    """Each output's gradient goes back through its filter to the pixels inside; accumulate=True adds."""
    dy, weights = random(geometry.maps, 1, dtype), random(geometry.weights, 2, dtype)
    expected = np.zeros(geometry.picture)
    for p, q, i, j, row, column in joined(geometry):
        for n, f in np.ndindex(geometry.picture[0], geometry.filters):
            expected[n, row, column, geometry.channels(f)] += float(dy[n, p, q, f]) * weights[f, i, j].astype(
                float
            )
    check_accumulates(
        lambda dx, accumulate: backward_data(kernels, geometry, dy, weights, dx, accumulate=accumulate),
        expected.astype(dtype),
    )


@every_geometry
@every_dtype
def test_gradient_of_weights_agrees_with_plain_loops(
    kernels: Kernels, geometry: Geometry, dtype: Any
) -> None:
    """Each weight's gradient is the sum over pictures and places; accumulate=True adds."""
    x, dy = random(geometry.picture, 1, dtype), random(geometry.maps, 2, dtype)
    expected = np.zeros(geometry.weights)
    for p, q, i, j, row, column in joined(geometry):
        for n, f in np.ndindex(geometry.picture[0], geometry.filters):
            expected[f, i, j] += float(dy[n, p, q, f]) * x[n, row, column, geometry.channels(f)].astype(float)
    check_accumulates(
        lambda dweights, accumulate: backward_weights(
            kernels, geometry, x, dy, dweights, accumulate=accumulate
        ),
        expected.astype(dtype),
    )


def check_data(kernels: Kernels, geometry: Geometry = GEOMETRIES["padded"]) -> None:
    """Check the gradient of the pictures."""
    x, weights, dy = random(geometry.picture, 1), random(geometry.weights, 2), random(geometry.maps, 3)
    dx = unwritten(x.shape)
    backward_data(kernels, geometry, dy, weights, dx)
    biases = np.zeros(geometry.biases)
    check_gradient(lambda x: forward(kernels, geometry, x, weights, biases), x, dy, dx)


def check_weights(kernels: Kernels, geometry: Geometry = GEOMETRIES["padded"]) -> None:
    """Check the gradient of the weights."""
    x, weights, dy = random(geometry.picture, 1), random(geometry.weights, 2), random(geometry.maps, 3)
    dweights = unwritten(weights.shape)
    backward_weights(kernels, geometry, x, dy, dweights)
    biases = np.zeros(geometry.biases)
    check_gradient(lambda weights: forward(kernels, geometry, x, weights, biases), weights, dy, dweights)


@every_geometry
def test_gradients_agree_with_differences(kernels: Kernels, geometry: Geometry) -> None:
    """Both gradients are those of the forward kernel."""
    check_data(kernels, geometry)
    check_weights(kernels, geometry)


def test_taps_and_channels_lie_where_the_layout_says(kernels: Kernels) -> None:
    """A filter that looks at one channel of one tap copies that channel, shifted by the tap."""
    geometry = Geometry((1, 4, 5, 3), 1, (2, 2), (1, 1), (0, 0))
    x, weights = random(geometry.picture), np.zeros(geometry.weights)
    weights[0, 1, 0, 2] = 1
    y = forward(kernels, geometry, x, weights, np.zeros(1))
    np.testing.assert_array_equal(y[0, :, :, 0], x[0, 1:4, 0:4, 2])


def test_further_inputs_add_their_maps(kernels: Kernels) -> None:
    """Without biases, and with accumulate=True, maps are added to those that are there."""
    geometry = GEOMETRIES["groups"]
    x, weights, biases = random(geometry.picture, 1), random(geometry.weights, 2), random(geometry.biases, 3)
    y = forward(kernels, geometry, x, weights, biases)
    alone = forward(kernels, geometry, x, weights, np.zeros(geometry.biases))
    expected = y + alone
    kernels.run("conv.forward", {"x": x, "weights": weights, "y": y}, accumulate=True, **geometry.attributes)
    np.testing.assert_allclose(y, expected, rtol=1e-12)
