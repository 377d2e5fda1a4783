"""What only the NumPy convolution has: groups of pictures."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.cpu import conv
from tests.kernels.gradient_check import TOLERANCE, Kernels, random, unwritten
from tests.kernels.test_conv import GEOMETRIES, backward_data, backward_weights, forward


def test_groups_of_pictures_give_what_the_whole_batch_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five pictures in groups of 2, 2 and 1 agree with one group of 5, accumulated or not."""
    kernels, geometry = Kernels("cpu"), GEOMETRIES["stride 2, overhangs"]
    x, weights, dy = random(geometry.picture, 1), random(geometry.weights, 2), random(geometry.maps, 3)

    def results() -> list[np.ndarray]:
        y = forward(kernels, geometry, x, weights, np.ones(geometry.filters))
        dx, dweights = unwritten(x.shape), unwritten(weights.shape)
        backward_data(kernels, geometry, dy, weights, dx)
        backward_weights(kernels, geometry, x, dy, dweights)
        more = np.ones(weights.shape)
        backward_weights(kernels, geometry, x, dy, more, accumulate=True)
        return [y, dx, dweights, more]

    whole = results()
    picture = int(np.prod(geometry.maps[1:3])) * int(np.prod(geometry.weights[1:]))
    monkeypatch.setattr(conv, "GROUP", 2 * picture + 1)
    shapes = {"y": geometry.maps, "weights": geometry.weights}
    assert conv.forward_workspace(shapes, **geometry.attributes)["columns"][0] == 2
    for grouped, expected in zip(results(), whole, strict=True):
        np.testing.assert_allclose(grouped, expected, **TOLERANCE[np.float64])


@pytest.mark.parametrize("batch", [1, 7, 64, 1024])
def test_the_workspace_stays_small(batch: int) -> None:
    """However large the batch, scratch arrays of a common layer hold at most 32 MiB of float32."""
    shapes = {"y": (batch, 32, 32, 64), "weights": (64, 5, 5, 32)}
    workspace = conv.forward_workspace(shapes, stride=(1, 1), padding=(2, 2))
    assert sum(4 * int(np.prod(shape)) for shape in workspace.values()) <= 32 << 20
