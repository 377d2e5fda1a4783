"""Generated local layers, for odd geometries and each target, against NumPy's in float64."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from tests.kernels.cpu.vector.against_numpy import check, numbers, run_generated, run_numpy


class Layer(NamedTuple):
    """One local layer."""

    pictures: tuple[int, int, int, int]
    maps: tuple[int, int, int, int]
    size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]

    @property
    def weights(self) -> tuple[int, int, int]:
        """Shape of the weights."""
        return (
            self.maps[1] * self.maps[2],
            self.size[0] * self.size[1] * self.pictures[3],
            self.maps[3],
        )

    @property
    def attributes(self) -> dict[str, tuple[int, int]]:
        """What the kernels are told."""
        return {"size": self.size, "stride": self.stride, "padding": self.padding}


LAYERS = {
    "plain": Layer((2, 4, 5, 1), (2, 2, 3, 2), (3, 3), (1, 1), (0, 0)),
    "padded": Layer((9, 4, 5, 17), (9, 4, 5, 20), (3, 3), (1, 1), (1, 1)),
    "stride, overhangs": Layer((3, 6, 7, 3), (3, 4, 4, 5), (3, 2), (2, 2), (1, 0)),
    "larger than the picture": Layer((1, 2, 2, 4), (1, 3, 3, 70), (4, 4), (1, 1), (2, 2)),
}
every_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)


@every_layer
def test_maps(target: str, layer: Layer) -> None:
    """Maps agree with NumPy's."""
    arrays = {
        "x": numbers(layer.pictures, 1),
        "weights": numbers(layer.weights, 2),
        "biases": numbers((layer.weights[0], layer.weights[2]), 3),
        "y": numbers(layer.maps, 4),
    }
    maps = run_numpy("local.forward", arrays, **layer.attributes)["y"]
    run_generated("local.forward", target, arrays, **layer.attributes)
    np.testing.assert_allclose(arrays["y"], maps, rtol=0, atol=5e-6 * max(np.abs(maps).max(), 1))


@every_layer
@pytest.mark.parametrize("accumulate", [False, True])
def test_gradients(target: str, layer: Layer, accumulate: bool) -> None:
    """Gradients of pictures, filters and biases agree with NumPy's, written or added."""
    x, weights, dy = numbers(layer.pictures, 1), numbers(layer.weights, 2), numbers(layer.maps, 3)
    attributes = layer.attributes | {"accumulate": accumulate}
    arrays = {"dy": dy, "weights": weights, "dx": x.copy()}
    check("local.backward_data", target, arrays, "dx", **attributes)
    arrays = {"x": x, "dy": dy, "dweights": weights.copy()}
    check("local.backward_weights", target, arrays, "dweights", **attributes)
    arrays = {"dy": dy, "dbiases": numbers((layer.weights[0], layer.weights[2]), 4)}
    check("bias.backward", target, arrays, "dbiases", accumulate=accumulate)
