"""First layers that are pooled as they are made: bit for bit what the CPU computes, where sums are exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from kernels.arrays import Pair, Shape
from kernels.cuda import _pooled_blocks
from tests.kernels.cuda import whole_numbers
from tests.kernels.cuda.whole_numbers import Arrays, Convolution


@dataclass(frozen=True)
class Geometry(Convolution):
    """A convolution, and pooling that begins ``start`` pixels beside the maps."""

    pool: Pair
    pool_stride: Pair
    start: Pair = (0, 0)

    @property
    def pooled(self) -> Shape:
        """The shape of the pooled maps: windows may overhang at the end."""
        sides = zip(self.maps, self.start, self.pool, self.pool_stride, strict=True)
        windows = (-(-(extent - start - size) // step) + 1 for extent, start, size, step in sides)
        return (self.x[0], *windows, self.weights[0])

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes of both kernels."""
        pool = {"pool_size": self.pool, "pool_stride": self.pool_stride, "pool_start": self.start}
        return {"maps": self.maps, "stride": self.stride, "padding": self.padding, **pool}

    def forward(self) -> Arrays:
        """Return the arrays of the forward kernel: small whole numbers."""
        chance = np.random.default_rng(0)
        shapes = {"x": self.x, "weights": self.weights, "biases": self.weights[:1]}
        arrays: Arrays = {name: chance.integers(-3, 4, shape) for name, shape in shapes.items()}
        return arrays | {"z": np.full(self.pooled, 77), "winners": np.full(self.pooled, -1)}

    def backward(self, winners: np.ndarray[Any, Any]) -> Arrays:
        """Return the arrays of the gradients' kernel."""
        chance = np.random.default_rng(1)
        arrays: Arrays = {"x": chance.integers(-3, 4, self.x), "dz": chance.integers(-3, 4, self.pooled)}
        results = {"dweights": np.full(self.weights, 77), "dbiases": np.full(self.weights[:1], 77)}
        return arrays | {"winners": winners} | results


GEOMETRIES = {
    "the CIFAR-10 network": Geometry((3, 24, 24, 3), (64, 5, 5, 3), (1, 1), (2, 2), (3, 3), (2, 2)),
    "strides, windows that begin outside": Geometry(
        (3, 13, 12, 3), (24, 3, 4, 3), (1, 2), (1, 0), (2, 3), (2, 2), (0, -1)
    ),
    "one channel, more than 64 maps": Geometry((2, 9, 30, 1), (72, 7, 7, 1), (1, 1), (3, 3), (2, 2), (2, 2)),
    "windows that overlap by all but one": Geometry(
        (2, 12, 10, 5), (8, 2, 3, 5), (2, 1), (0, 1), (3, 3), (1, 2), (-1, 0)
    ),
    "no room for a one in 16": Geometry((70, 10, 10, 16), (8, 2, 1, 16), (1, 1), (0, 0), (2, 2), (2, 2)),
}
every_geometry = pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)


def run(device: str, operation: str, geometry: Geometry, arrays: Arrays) -> Arrays:
    """Return what the arrays hold after a kernel."""
    return whole_numbers.run(device, f"pooled_conv.{operation}", arrays, geometry.attributes)


@every_geometry
def test_there_are_kernels_for_these(geometry: Geometry) -> None:
    """All of them fit."""
    how = {
        name: value for name, value in geometry.attributes.items() if name not in {"padding", "pool_start"}
    }
    assert _pooled_blocks.fits(geometry.weights, geometry.pooled, **how)


@pytest.mark.gpu
@every_geometry
def test_pooled_maps_and_winners_are_those_of_the_cpu(geometry: Geometry) -> None:
    """Winners are found before rounding; then the pooled maps are rounded."""
    expected = run("cpu", "forward", geometry, geometry.forward())
    found = run("cuda", "forward", geometry, geometry.forward())
    np.testing.assert_array_equal(found["winners"], expected["winners"])
    np.testing.assert_array_equal(found["z"], expected["z"].astype(found["z"].dtype))


@pytest.mark.gpu
@every_geometry
def test_gradients_are_those_of_the_cpu(geometry: Geometry) -> None:
    """Of filters and of biases, the same each time."""
    winners = run("cpu", "forward", geometry, geometry.forward())["winners"]
    expected = run("cpu", "backward_weights", geometry, geometry.backward(winners))
    for _ in range(2):
        found = run("cuda", "backward_weights", geometry, geometry.backward(winners))
        for name in ("dweights", "dbiases"):
            np.testing.assert_array_equal(found[name], expected[name], err_msg=name)


@pytest.mark.gpu
def test_a_sum_that_is_no_number_is_not_lost() -> None:
    """Its windows are none either, and nobody wins them."""
    geometry = GEOMETRIES["the CIFAR-10 network"]
    arrays = geometry.forward()
    arrays["biases"] = np.where(np.arange(64) == 5, np.nan, arrays["biases"])
    found = run("cuda", "forward", geometry, arrays)
    is_number = np.isfinite(found["z"].astype(float))
    assert not is_number[..., 5].any()
    assert is_number[..., :5].all()
    assert not found["winners"][..., 5].any()
