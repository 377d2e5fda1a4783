"""Generated softmax, cross entropy and response normalisation, against NumPy's in float64."""

from __future__ import annotations

import numpy as np
import pytest

from kernels import control
from tests.kernels.batch import batch, counters
from tests.kernels.cpu.vector.against_numpy import check, numbers, run_generated, run_numpy

SIZES = [(1, 1), (5, 10), (37, 100)]
every_size = pytest.mark.parametrize("shape", SIZES, ids=str)


@every_size
def test_softmax(target: str, shape: tuple[int, int]) -> None:
    """Probabilities agree with NumPy's, for inputs of all sizes."""
    inputs = numbers(shape, 1) * np.logspace(-2, 2, shape[0], dtype=np.float32)[:, np.newaxis]
    check("softmax.forward", target, {"x": inputs, "y": np.empty_like(inputs)}, "y")


@every_size
@pytest.mark.parametrize("accumulate", [False, True])
def test_gradient_of_softmax_and_cross_entropy(target: str, shape: tuple[int, int], accumulate: bool) -> None:
    """It agrees with NumPy's, written or added; rows that are padding have none."""
    p, labels = batch(*shape, np.float32)
    for valid in {1, shape[0] // 2 + 1, shape[0]}:
        arrays = {"probabilities": p, "labels": labels, "counters": counters(valid), "dx": np.empty_like(p)}
        attributes = {"coefficient": 0.7, "accumulate": accumulate}
        check("softmax_cross_entropy.backward", target, arrays, "dx", **attributes)


@every_size
def test_cross_entropy(target: str, shape: tuple[int, int]) -> None:
    """Loss, errors and examples are added to what is there."""
    p, labels = batch(*shape, np.float32)
    p[0] = 1 / shape[1]
    arrays = {
        "probabilities": p,
        "labels": labels,
        "counters": counters(shape[0] // 2 + 1),
        "metrics": np.array([1.0, 2.0, 3.0]),
    }
    expected = run_numpy("cross_entropy.forward", arrays)["metrics"]
    run_generated("cross_entropy.forward", target, arrays)
    np.testing.assert_allclose(arrays["metrics"], expected, rtol=1e-6)
    assert arrays["counters"][control.FIRST_BAD_STEP] == control.NO_BAD_STEP


def test_a_bad_loss_is_noted_once(target: str) -> None:
    """The first step whose loss is not finite stays noted; a probability of 0 is not one."""
    arrays = {
        "probabilities": np.array([[0.0, 1.0]], np.float32),
        "labels": np.zeros(1, np.int32),
        "counters": counters(1, step=12),
        "metrics": np.zeros(3),
    }
    run_generated("cross_entropy.forward", target, arrays)
    assert np.isfinite(arrays["metrics"][0])
    assert arrays["counters"][control.FIRST_BAD_STEP] == control.NO_BAD_STEP
    arrays["probabilities"][0, 0] = np.nan
    for step in (13, 14):
        arrays["counters"][control.STEP] = step
        run_generated("cross_entropy.forward", target, arrays)
        assert arrays["counters"][control.FIRST_BAD_STEP] == 13


@pytest.mark.parametrize(("channels", "size"), [(1, 5), (7, 3), (20, 4), (33, 5)])
def test_response_normalisation(target: str, channels: int, size: int) -> None:
    """Responses, denominators and gradients agree with NumPy's, windows clipped to the maps."""
    shape = (3, 4, 3, channels)
    attributes = {"size": size, "scale": 0.3, "power": 0.75, "minimum": 1.5, "blocked": False}
    arrays = {name: numbers(shape, number) for number, name in enumerate(("x", "y", "denominators"))}
    check("cmrnorm.forward", target, arrays, "y", "denominators", **attributes)
    for accumulate in (False, True):
        arrays = {
            "x": arrays["x"],
            "denominators": arrays["denominators"],
            "dy": numbers(shape, 3),
            "dx": numbers(shape, 4),
        }
        check("cmrnorm.backward", target, arrays, "dx", **attributes, accumulate=accumulate)
