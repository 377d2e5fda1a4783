"""Local, normalisation, joining and picture kernels, against plain loops and against differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.kernels.cases import CASES, Case
from tests.kernels.gradient_check import (
    DTYPES,
    TOLERANCE,
    Array,
    Kernels,
    check_accumulates,
    check_gradient,
    random,
    unwritten,
)

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


@every_case
@every_dtype
def test_outputs_agree_with_plain_loops(kernels: Kernels, case: Case, dtype: Any) -> None:
    """The kernel computes its formula, in either type."""
    inputs = {name: array.astype(dtype) for name, array in case.inputs.items()}
    exact = {name: array.astype(np.float64) for name, array in inputs.items()}
    y, expected = case.run(kernels, inputs)["y"], case.oracle(exact)
    size = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(y / size, expected / size, **TOLERANCE[dtype])


@every_case
def test_gradients_agree_with_differences(kernels: Kernels, case: Case) -> None:
    """Each gradient is that of the forward kernel."""
    for gradient in case.gradients:
        case.check(kernels, gradient)


@every_case
@every_dtype
def test_gradients_overwrite_or_add(kernels: Kernels, case: Case, dtype: Any) -> None:
    """accumulate=False writes every place; accumulate=True adds; float32 agrees with float64."""
    inputs = {name: array.astype(dtype) for name, array in case.inputs.items()}
    arrays, exact = case.run(kernels, inputs), case.run(kernels, case.inputs)
    for gradient in case.gradients:
        expected = unwritten(case.inputs[gradient.of].shape)
        case.pull(kernels, gradient, exact, case.gradient_of_output(), expected, accumulate=False)
        dy = case.gradient_of_output(dtype)

        def run(out: Any, accumulate: bool, gradient: Any = gradient, dy: Any = dy) -> None:
            case.pull(kernels, gradient, arrays, dy, out, accumulate=accumulate)

        check_accumulates(run, expected.astype(dtype))


def test_sums_and_maxima_take_what_is_there(kernels: Kernels) -> None:
    """With accumulate=True, an input is added to the output, or compared with it."""
    a, b = np.array([[1.0, -2.0, 3.0]]), np.array([[0.5, 4.0, 3.0]])
    y = a.copy()
    kernels.run("eltsum.forward", {"x": b, "y": y}, coefficient=2.0, accumulate=True)
    np.testing.assert_array_equal(y, [[2.0, 6.0, 9.0]])
    y = a.copy()
    kernels.run("eltmax.forward", {"x": b, "y": y}, accumulate=True)
    np.testing.assert_array_equal(y, [[1.0, 4.0, 3.0]])
    dx = np.zeros_like(a)
    kernels.run("eltmax.backward", {"x": a, "y": y, "dy": np.ones_like(y), "dx": dx})
    np.testing.assert_array_equal(dx, [[1.0, 0.0, 1.0]])


def check_concat(kernels: Kernels) -> None:
    """Check the gradient of the second of three inputs."""
    x, y = random((2, 3), 1), random((2, 6), 2)
    dy, dx = random(y.shape, 3), unwritten(x.shape)
    kernels.run("concat.backward", {"dy": dy, "dx": dx}, start=2)

    def joined(values: Array) -> Array:
        kernels.run("concat.forward", {"x": values, "y": y}, start=2)
        return y.copy()

    check_gradient(joined, x, dy, dx)


def test_concatenation_puts_channels_side_by_side(kernels: Kernels) -> None:
    """Each input lands at its start, and gets its own gradient back."""
    first, second = np.arange(4.0).reshape(1, 2, 1, 2), np.arange(6.0).reshape(1, 2, 1, 3) + 10
    y = unwritten((1, 2, 1, 5))
    kernels.run("concat.forward", {"x": first, "y": y}, start=0)
    kernels.run("concat.forward", {"x": second, "y": y}, start=2)
    np.testing.assert_array_equal(y, np.concatenate((first, second), axis=-1))
    check_concat(kernels)


def test_batch_norm_keeps_averages_as_pytorch_does(kernels: Kernels) -> None:
    """Running averages and outputs at test are PyTorch's; rows that are not valid count for nothing."""
    torch = pytest.importorskip("torch")
    case = next(case for case in CASES if case.name == "batch_norm (5, 2, 3, 2), 3 valid")
    arrays = case.run(kernels, {name: array.copy() for name, array in case.inputs.items()})
    norm = torch.nn.BatchNorm2d(2, eps=0.01, momentum=0.1, dtype=torch.float64)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor(arrays["weights"]))
        norm.bias.copy_(torch.tensor(arrays["biases"]))
    y = norm(torch.tensor(arrays["x"][:3]).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    np.testing.assert_allclose(arrays["y"][:3], y.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(arrays["average_means"], norm.running_mean.numpy(), rtol=1e-12)
    np.testing.assert_allclose(arrays["average_variances"], norm.running_var.numpy(), rtol=1e-12)
    names = ("x", "weights", "biases", "average_means", "average_variances")
    at_test = {name: arrays[name] for name in names} | {"y": unwritten(arrays["x"].shape)}
    kernels.run("batch_norm.evaluate", at_test, epsilon=0.01)
    y = norm.eval()(torch.tensor(arrays["x"]).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    np.testing.assert_allclose(at_test["y"], y.detach().numpy(), rtol=1e-12, atol=1e-14)


def test_cmrnorm_is_pytorchs_local_response_norm(kernels: Kernels) -> None:
    """LocalResponseNorm's alpha is scale, its beta power and its k minimum."""
    torch = pytest.importorskip("torch")
    for case in CASES:
        if case.operation == "cmrnorm.forward" and not case.attributes["blocked"]:
            settings = case.attributes
            norm = torch.nn.LocalResponseNorm(
                settings["size"], settings["scale"], settings["power"], settings["minimum"]
            )
            x = torch.tensor(case.inputs["x"]).permute(0, 3, 1, 2)
            expected = norm(x).permute(0, 2, 3, 1).numpy()
            np.testing.assert_allclose(case.run(kernels, case.inputs)["y"], expected, rtol=1e-12)
