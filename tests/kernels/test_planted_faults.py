"""The gradient checks notice faults: every backward kernel, spoiled on purpose, is caught."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pytest

from kernels.registry import operations
from tests.kernels import (
    test_avg_pool,
    test_bias,
    test_cases,
    test_conv,
    test_costs,
    test_cross_entropy,
    test_dropout,
    test_fc,
    test_max_pool,
    test_neuron,
    test_pooled_conv,
    test_softmax,
    test_softmax_cross_entropy,
)
from tests.kernels.cases import CASES
from tests.kernels.gradient_check import Array, Kernels

CHECKS: dict[str, Callable[[Kernels], None]] = {
    "avg_pool.backward": test_avg_pool.check,
    "bias.backward": test_bias.check,
    "conv.backward_data": test_conv.check_data,
    "conv.backward_weights": test_conv.check_weights,
    "concat.backward": test_cases.check_concat,
    "cross_entropy.backward": test_cross_entropy.check,
    "dropout.backward": test_dropout.check,
    "fc.backward_data": test_fc.check_data,
    "fc.backward_weights": test_fc.check_weights,
    "max_pool.backward": test_max_pool.check,
    "neuron.backward": test_neuron.check,
    "neuron.backward_from_input": lambda kernels: test_neuron.check(kernels, "silu"),
    "pooled_conv.backward_weights": test_pooled_conv.check,
    "softmax.backward": test_softmax.check,
    "softmax_cross_entropy.backward": test_softmax_cross_entropy.check,
}
CHECKS |= test_costs.CHECKS
for _case in CASES:
    for _gradient in _case.gradients:
        CHECKS.setdefault(_gradient.operation, partial(_case.check, gradient=_gradient))


def largest_element_only(gradient: Array) -> Array:
    """Add 1 % to the largest element."""
    spoiled = gradient.copy()
    spoiled[np.unravel_index(np.abs(gradient).argmax(), gradient.shape)] *= 1.01
    return spoiled


FAULTS: dict[str, Callable[[Array], Array]] = {
    "sign": np.negative,
    "1 % too much": lambda gradient: gradient * 1.01,
    "1 % too much in one element": largest_element_only,
}


JOINED_ON_GPUS = {"cmrnorm_max_pool.backward"}
"""They are held against those that they replace, in tests/runtime/test_gpu_fusions.py."""


def test_every_backward_kernel_is_checked(device: str) -> None:
    """No backward kernel is without a gradient check, but for those that do at once what several do."""
    there = {name for name in operations(device) if ".backward" in name}
    assert there - JOINED_ON_GPUS == CHECKS.keys() & {*operations(device)}
    assert device != "cpu" or there == CHECKS.keys()


@pytest.fixture(scope="module")
def caught(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """The faults that were caught; their count is printed at the end."""
    names: list[str] = []
    yield names
    planted = len(CHECKS) * len(FAULTS)
    request.config.get_terminal_writer().line(f"\n{len(names)} of {planted} planted faults caught")


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("operation", CHECKS)
def test_the_gradient_check_notices(
    device: str, operation: str, fault: Callable[[Array], Array], caught: list[str]
) -> None:
    """The check that passes the kernel does not pass the spoiled kernel."""
    CHECKS[operation](Kernels(device))
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        CHECKS[operation](Kernels(device, faulty=operation, fault=fault))
    caught.append(operation)
