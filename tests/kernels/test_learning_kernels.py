"""Kernels that compute a gradient and learn from it at once: fc_sgd.update and local_sgd.update, of GPUs.

With rate 1, no momentum and no decay, the velocity after a step is the gradient with its sign turned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from kernels.control import FIRST_BAD_STEP, UPDATE
from tests.kernels.gradient_check import Array, Kernels, check_gradient, random, skip_unless_there, unwritten
from tests.kernels.test_sgd import SETTINGS, counters, update

X = random((3, 4, 5, 2), 1)
WINDOWS = {"size": (3, 2), "stride": (2, 1), "padding": (1, 0)}
LAYERS: dict[str, tuple[Array, tuple[int, ...], Mapping[str, Any]]] = {
    "fc": (random((4, 40), 2), (3, 4), {}),
    "local": (random((8, 12, 3), 2), (3, 2, 4, 3), WINDOWS),
}
"""Weights, shape of the outputs, and attributes."""
every_family = pytest.mark.parametrize("family", LAYERS)


def learned(kernels: Kernels, family: str, settings: Array, control: Array) -> dict[str, Array]:
    """Return weights and velocity after a step."""
    operation = f"{family}_sgd.update"
    skip_unless_there(operation, kernels.device)
    weights, outputs, attributes = LAYERS[family]
    changed = {"weights": weights.copy(), "velocity": random(weights.shape, 3)}
    read = {"x": X, "dy": random(outputs, 4), "counters": control, "settings": settings}
    kernels.run(operation, {**read, **changed}, **attributes, slot=1)
    return changed


def separately(kernels: Kernels, family: str, control: Array) -> dict[str, Array]:
    """Return what the kernels make that do one thing each."""
    weights, outputs, attributes = LAYERS[family]
    dy, dweights = random(outputs, 4), unwritten(weights.shape)
    kernels.run(f"{family}.backward_weights", {"x": X, "dy": dy, "dweights": dweights}, **attributes)
    arrays = {"weights": weights.copy(), "gradient": dweights, "velocity": random(weights.shape, 3)}
    update(kernels, arrays, control)
    return arrays


@every_family
def test_the_gradient_agrees_with_differences(kernels: Kernels, family: str) -> None:
    """What the weights learn from is the gradient of the forward kernel."""
    weights, outputs, attributes = LAYERS[family]

    def forward(weights: Array) -> Array:
        y = np.zeros(outputs)
        kernels.run(f"{family}.forward", {"x": X, "weights": weights, "y": y}, **attributes)
        return y

    settings = np.array([[9.0, 9.0, 9.0], [1.0, 0.0, 0.0]])
    after = learned(kernels, family, settings, counters())
    check_gradient(forward, weights, random(outputs, 4), -after["velocity"])
    np.testing.assert_array_equal(after["weights"], weights + after["velocity"])


CONTROLS: dict[str, Callable[[], Array]] = {
    "updates": counters,
    "does not update": lambda: counters(**{"update": 0}),
    "after a bad step": lambda: counters(first_bad_step=3),
}


@every_family
@pytest.mark.parametrize("control", CONTROLS.values(), ids=CONTROLS)
def test_it_does_what_the_kernels_apart_do(
    kernels: Kernels, family: str, control: Callable[[], Array]
) -> None:
    """Momentum, decay and rate are those of the slot; a step that may not update changes nothing."""
    expected = separately(kernels, family, control())
    found = learned(kernels, family, SETTINGS, control())
    for name, array in found.items():
        np.testing.assert_allclose(array, expected[name], rtol=0, atol=1e-14)
    moves = control()[UPDATE] == 1 and control()[FIRST_BAD_STEP] < 0
    assert moves != np.array_equal(found["weights"], LAYERS[family][0])
