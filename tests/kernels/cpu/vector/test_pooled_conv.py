"""Convolution, ReLU and pooling picture by picture, and its gradients, against NumPy's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from kernels.arrays import Pair, Shape
from tests.kernels.cpu.vector.against_numpy import check, numbers, run_generated, run_numpy


@dataclass(frozen=True)
class Geometry:
    """Pictures, filters, and pooling that begins ``start`` pixels beside the maps."""

    x: Shape
    weights: Shape
    padding: Pair
    maps: Pair
    pooled: Pair
    stride: Pair = (1, 1)
    start: Pair = (0, 0)

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes of both kernels."""
        pool = {"pool_size": (3, 3), "pool_stride": (2, 2), "pool_start": self.start}
        return {"maps": self.maps, "stride": self.stride, "padding": self.padding, **pool}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays of the forward kernel; all products and sums are exact in float32."""
        z = (self.x[0], *self.pooled, self.weights[0])
        return {
            "x": np.round(numbers(self.x, 1) * 2) / 2,
            "weights": np.round(numbers(self.weights, 2) * 2) / 2,
            "biases": np.round(numbers(self.weights[:1], 3) * 2) / 2,
            "z": np.zeros(z, np.float32),
            "winners": np.zeros(z, np.int32),
        }


GEOMETRIES = {
    "5 × 5, partial tiles and vectors": Geometry((3, 9, 7, 3), (18, 5, 5, 3), (2, 2), (9, 7), (4, 3)),
    "3 × 3, 1 channel, many images": Geometry(
        (40, 8, 12, 1), (34, 3, 3, 1), (0, 1), (6, 12), (4, 6), start=(-1, 0)
    ),
    "strides": Geometry((2, 11, 9, 2), (5, 4, 3, 2), (1, 0), (5, 4), (2, 2), stride=(2, 2)),
}
every_geometry = pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)


@every_geometry
def test_direct_sums_are_those_of_numpy(target: str, geometry: Geometry) -> None:
    """Pooled maps and winners agree, ties and all: every sum is exact."""
    expected = run_numpy("pooled_conv.forward", geometry.arrays(), **geometry.attributes)
    code = f"{target} direct"
    found = run_generated("pooled_conv.forward", code, geometry.arrays(), **geometry.attributes)
    np.testing.assert_array_equal(found["z"], expected["z"])
    np.testing.assert_array_equal(found["winners"], expected["winners"])


@every_geometry
def test_fast_convolution_agrees_with_numpy(target: str, geometry: Geometry) -> None:
    """Pooled maps agree, and winners too where no two pixels are nearly equal."""
    arrays = geometry.arrays() | {"x": numbers(geometry.x, 4), "weights": numbers(geometry.weights, 5)}
    expected = run_numpy("pooled_conv.forward", arrays, **geometry.attributes)
    found = run_generated("pooled_conv.forward", target, arrays, **geometry.attributes)
    np.testing.assert_allclose(found["z"], expected["z"], rtol=0, atol=3e-5 * expected["z"].max())
    assert (found["winners"] != expected["winners"]).mean() < 1e-3


@every_geometry
def test_gradients_agree_with_numpy(target: str, geometry: Geometry) -> None:
    """Of filters and biases, with windows of no, one and several winners."""
    arrays = run_numpy("pooled_conv.forward", geometry.arrays(), **geometry.attributes)
    winners = arrays["winners"]
    counts = {int(bits).bit_count() for bits in winners.flat}
    assert {0, 1, 2} <= counts
    own = {
        "x": geometry.arrays()["x"],
        "winners": winners,
        "dz": numbers(winners.shape, 6),
        "dweights": numbers(geometry.weights, 7),
        "dbiases": numbers(geometry.weights[:1], 8),
    }
    check("pooled_conv.backward_weights", target, own, "dweights", "dbiases", **geometry.attributes)


def test_what_is_not_a_number_stays_so(target: str) -> None:
    """A window that sees a NaN is one, and has no winners."""
    geometry = GEOMETRIES["strides"]
    arrays = geometry.arrays()
    arrays["x"][1] = np.nan
    run_generated("pooled_conv.forward", target, arrays, **geometry.attributes)
    np.testing.assert_array_equal(np.isnan(arrays["z"]).all(axis=(1, 2, 3)), [False, True])
    assert not np.isnan(arrays["z"][0]).any()
    assert not arrays["winners"][1].any()
