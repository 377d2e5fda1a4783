"""AdamW, against PyTorch and against its formula by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kernels import control
from tests.kernels.batch import counters
from tests.kernels.gradient_check import Kernels, random

RATE, MOMENTUM, SECOND, DECAY, EPSILON = 0.01, 0.8, 0.95, 0.1, 1e-6


def update(kernels: Kernels, state: dict[str, np.ndarray], gradient: np.ndarray, step: int) -> np.ndarray:
    """Run the kernel; return the counters."""
    count = counters(1, step)
    count[control.UPDATE] = 1
    settings = np.array([[9.0, 9.0, 9.0], [RATE, MOMENTUM, DECAY]])
    arrays = {**state, "gradient": gradient, "counters": count, "settings": settings}
    kernels.run("adamw.update", arrays, slot=1, second_momentum=SECOND, epsilon=EPSILON)
    return count


def fresh(shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Return weights before their first step. ``x`` tells the type to the test's runner."""
    return {"weights": random(shape, 1), "means": np.zeros(shape), "squares": np.zeros(shape)}


def test_five_steps_are_pytorchs(kernels: Kernels) -> None:
    """Weights agree after each step, with decay and corrected means."""
    torch = pytest.importorskip("torch")
    state = fresh((3, 5))
    twin = torch.nn.Parameter(torch.tensor(state["weights"].copy()))
    optimiser = torch.optim.AdamW([twin], lr=RATE, betas=(MOMENTUM, SECOND), eps=EPSILON, weight_decay=DECAY)
    for step in range(5):
        gradient = random((3, 5), 10 + step)
        update(kernels, state, gradient, step)
        twin.grad = torch.tensor(gradient)
        optimiser.step()
        np.testing.assert_allclose(state["weights"], twin.detach().numpy(), rtol=1e-12, atol=1e-14)


def test_the_first_step_is_the_rate_along_the_sign_of_the_gradient(kernels: Kernels) -> None:
    """In step 1 the corrected means are the gradient and its square."""
    state = fresh((4,))
    before, gradient = state["weights"].copy(), np.array([2.0, -3.0, 0.5, 1e-6])
    update(kernels, state, gradient, 0)
    for w, g, found in zip(before, gradient, state["weights"], strict=True):
        assert found == pytest.approx(w - RATE * DECAY * w - RATE * g / (math.sqrt(g * g) + EPSILON))


def test_nothing_is_written_after_a_bad_step(kernels: Kernels) -> None:
    state = fresh((4,))
    before = {name: array.copy() for name, array in state.items()}
    count = counters(1)
    count[[control.UPDATE, control.FIRST_BAD_STEP]] = 1, 3
    settings = np.full((2, control.SETTINGS), 0.5)
    arrays = {**state, "gradient": random((4,), 2), "counters": count, "settings": settings}
    kernels.run("adamw.update", arrays, slot=1, second_momentum=SECOND, epsilon=EPSILON)
    for name, array in before.items():
        np.testing.assert_array_equal(state[name], array)
