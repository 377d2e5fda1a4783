"""Generated fully connected layers, for each target, against NumPy's in float64."""

from __future__ import annotations

import numpy as np
import pytest

from tests.kernels.cpu.vector.against_numpy import check, numbers, run_generated, run_numpy

SIZES = {
    "one of each": ((1, 1), 1),
    "pictures": ((5, 3, 4, 2), 10),
    "blocks of inputs and outputs": ((21, 1100), 130),
    "several blocks of images": ((130, 70), 33),
}
every_size = pytest.mark.parametrize(("x", "outputs"), SIZES.values(), ids=SIZES)


def arrays_of(x: tuple[int, ...], outputs: int) -> dict[str, np.ndarray]:
    """Return the arrays of a layer."""
    weights = (outputs, int(np.prod(x[1:])))
    return {
        "x": numbers(x, 1),
        "weights": numbers(weights, 2),
        "biases": numbers((outputs,), 3),
        "y": numbers((x[0], outputs), 4),
    }


@every_size
def test_outputs(target: str, x: tuple[int, ...], outputs: int) -> None:
    """Outputs agree with NumPy's."""
    arrays = arrays_of(x, outputs)
    expected = run_numpy("fc.forward", arrays)["y"]
    run_generated("fc.forward", target, arrays)
    np.testing.assert_allclose(arrays["y"], expected, rtol=0, atol=5e-6 * max(np.abs(expected).max(), 1))


@every_size
@pytest.mark.parametrize("accumulate", [False, True])
def test_gradients(target: str, x: tuple[int, ...], outputs: int, accumulate: bool) -> None:
    """Both gradients agree with NumPy's, written or added."""
    arrays = arrays_of(x, outputs)
    data = {"dy": arrays["y"], "weights": arrays["weights"], "dx": numbers(x, 5)}
    check("fc.backward_data", target, data, "dx", accumulate=accumulate)
    weights = {"x": arrays["x"], "dy": arrays["y"], "dweights": numbers(arrays["weights"].shape, 6)}
    check("fc.backward_weights", target, weights, "dweights", accumulate=accumulate)
