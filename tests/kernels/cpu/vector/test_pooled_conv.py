"""The gradients of a first layer behind ReLU and pooling, against NumPy's and against the kernels alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.kernels.cpu.vector.against_numpy import check, numbers, run_generated

CONV: dict[str, Any] = {"stride": (1, 1), "padding": (2, 1)}
POOL: dict[str, Any] = {"size": (3, 3), "stride": (2, 2), "start": (0, 0)}
TOGETHER = CONV | {f"pool_{name}": value for name, value in POOL.items()}


@pytest.fixture(params=[1, 40], ids="{} images".format)
def arrays(request: pytest.FixtureRequest) -> dict[str, np.ndarray]:
    """Pictures, maps with ties and silent units, and their pooled maps and gradients."""
    images = request.param
    y = np.maximum(np.round(numbers((images, 7, 6, 18), 2), 1), 0)
    pooled: dict[str, np.ndarray] = {"x": y, "y": np.zeros((images, 3, 3, 18), np.float32)}
    run_generated("max_pool.forward", "plain", pooled, **POOL)
    return {
        "x": numbers((images, 6, 6, 3), 1),
        "y": y,
        "z": pooled["y"],
        "dz": numbers(pooled["y"].shape, 3),
        "dweights": numbers((18, 4, 3, 3), 4),
        "dbiases": numbers((18,), 5),
    }


def test_they_agree_with_numpy(target: str, arrays: dict[str, np.ndarray]) -> None:
    """Filters and biases."""
    check("pooled_conv.backward_weights", target, arrays, "dweights", "dbiases", **TOGETHER)


def test_they_are_bit_for_bit_those_of_the_kernels_alone(target: str, arrays: dict[str, np.ndarray]) -> None:
    """So fusing changes no training."""
    run_generated("pooled_conv.backward_weights", target, arrays, **TOGETHER)
    dy = np.empty_like(arrays["y"])
    alone = {name: np.empty_like(arrays[name]) for name in ("dweights", "dbiases")}
    pooling = {"x": arrays["y"], "y": arrays["z"], "dy": arrays["dz"], "dx": dy}
    run_generated("max_pool.backward", target, pooling, **POOL)
    run_generated("neuron.backward", target, {"y": arrays["y"], "dy": dy, "dx": dy}, neuron="relu")
    filters = {"x": arrays["x"], "dy": dy, "dweights": alone["dweights"]}
    run_generated("conv.backward_weights", f"{target} direct", filters, **CONV)
    run_generated("bias.backward", target, {"dy": dy, "dbiases": alone["dbiases"]})
    for name, expected in alone.items():
        np.testing.assert_array_equal(arrays[name], expected)
