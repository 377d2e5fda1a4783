"""Generated kernels that act on each element alone, and sums of biases, against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

from kernels import control
from kernels.philox import Stream, substream
from kernels.registry import find
from tests.kernels.cpu.vector.against_numpy import Array, check, numbers, run_generated

SHAPES = [(1, 1), (3, 5, 7, 3), (17, 100), (40, 6, 6, 32)]
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


@every_shape
def test_relu(target: str, shape: tuple[int, ...]) -> None:
    """Forward and backward, written or added, agree with NumPy's."""
    check("neuron.forward", target, {"x": numbers(shape, 1), "y": numbers(shape, 2)}, "y", neuron="relu")
    y = np.maximum(numbers(shape, 1), 0)
    for accumulate in (False, True):
        arrays = {"y": y, "dy": numbers(shape, 2), "dx": numbers(shape, 3)}
        check("neuron.backward", target, arrays, "dx", neuron="relu", accumulate=accumulate)


def test_what_is_not_a_number_passes_a_relu(target: str) -> None:
    """A training that has gone wrong shows in its loss."""
    arrays = {"x": np.array([[np.nan, -1, 2]], np.float32), "y": np.zeros((1, 3), np.float32)}
    run_generated("neuron.forward", target, arrays, neuron="relu")
    np.testing.assert_array_equal(arrays["y"], [[np.nan, 0, 2]])


@every_shape
@pytest.mark.parametrize("accumulate", [False, True])
def test_gradient_of_biases(target: str, shape: tuple[int, ...], accumulate: bool) -> None:
    """It is the sum over all but the last axis."""
    arrays = {"dy": numbers(shape, 1), "dbiases": numbers(shape[-1:], 2)}
    check("bias.backward", target, arrays, "dbiases", accumulate=accumulate)


@every_shape
@pytest.mark.parametrize("accumulate", [False, True])
def test_gradient_of_dropout(target: str, shape: tuple[int, ...], accumulate: bool) -> None:
    """Units that were silent get none, the others a multiple."""
    mask = (numbers(shape, 1) > 0).astype(np.uint8)
    arrays = {"mask": mask, "dy": numbers(shape, 2), "dx": numbers(shape, 3)}
    check("dropout.backward", target, arrays, "dx", keep=0.4, accumulate=accumulate)
    check("dropout.backward", target, arrays, "dx", keep=0.4, scaled=False, accumulate=accumulate)


@every_shape
@pytest.mark.parametrize(("seed", "step", "offset"), [(0, 0, 0), (-5 << 40, 2**32 + 3, 2**31 - 2)])
def test_dropout_draws_the_masks_of_numpy(
    target: str, shape: tuple[int, ...], seed: int, step: int, offset: int
) -> None:
    """Bit by bit, outputs too, also where these take the place of the inputs."""
    counters = np.zeros(control.COUNTERS, np.int64)
    counters[[control.SEED, control.STEP, control.OFFSET]] = seed, step, offset
    for keep, scaled in ((0.3, True), (0.5, False), (1.0, True)):
        how = {"keep": keep, "scaled": scaled, "stream": substream(Stream.DROPOUT, 3)}
        x, mask = numbers(shape, 1), np.full(shape, 255, np.uint8)
        expected = {"x": x, "mask": mask.copy(), "y": np.empty_like(x)}
        find("dropout.forward", "cpu").function(**expected, counters=counters, **how)
        same = x.copy()
        for found in ({"x": x, "y": np.empty_like(x)}, {"x": same, "y": same}):
            run_generated("dropout.forward", target, {**found, "mask": mask, "counters": counters}, **how)
            np.testing.assert_array_equal(mask, expected["mask"])
            np.testing.assert_array_equal(found["y"].view(np.int32), expected["y"].view(np.int32))


def sgd_arrays(shape: tuple[int, ...]) -> dict[str, Array]:
    """Return what an update reads and writes; row 1 of the settings is meant."""
    counters = np.zeros(control.COUNTERS, np.int64)
    counters[[control.UPDATE, control.FIRST_BAD_STEP]] = 1, control.NO_BAD_STEP
    return {
        "weights": numbers(shape, 1),
        "gradient": numbers(shape, 2),
        "velocity": numbers(shape, 3),
        "counters": counters,
        "settings": np.array([[9.0, 9.0, 9.0], [0.1, 0.9, 0.01]]),
    }


@pytest.mark.parametrize("shape", [(1,), (5, 3), (70, 1000)], ids=str)
def test_update(target: str, shape: tuple[int, ...]) -> None:
    """Weights and velocity agree with NumPy's rule."""
    check("sgd.update", target, sgd_arrays(shape), "weights", "velocity", slot=1)


@pytest.mark.parametrize(("counter", "value"), [(control.UPDATE, 0), (control.FIRST_BAD_STEP, 3)])
def test_no_update_where_none_is_wanted(target: str, counter: int, value: int) -> None:
    """Neither in a step that gathers gradients, nor after a bad loss."""
    arrays = sgd_arrays((5, 3))
    arrays["counters"][counter] = value
    before = arrays["weights"].copy(), arrays["velocity"].copy()
    run_generated("sgd.update", target, arrays, slot=1)
    np.testing.assert_array_equal((arrays["weights"], arrays["velocity"]), before)
