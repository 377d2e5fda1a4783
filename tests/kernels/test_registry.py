"""Kernels are found by name, and what is missing is said."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

import numpy as np
import pytest

from kernels import control
from kernels.cpu import conv
from kernels.registry import Kernel, MissingKernelError, find, operations
from tests.kernels.gradient_check import skip_unless_there

JOINED_ON_GPUS = {"copy", "gate", "dbiases", "tf32"}
"""Rounded copies of weights, the ReLU before a layer, gradients of biases, TF32: see engine/plan/compile."""


def test_lists_all_operations_of_a_device(device: str) -> None:
    """Helpers and workspace functions are not among them."""
    names = operations(device)
    assert names == sorted(names)
    assert {"conv.forward", "conv.backward_data", "conv.backward_weights", "sgd.update"} <= set(names)
    assert not [name for name in names if name.startswith("_") or name.endswith("_workspace")]


def test_finds_a_kernel_by_module_and_function() -> None:
    """conv.forward on cpu is ``forward`` of kernels/cpu/conv.py, with its workspace."""
    kernel = find("conv.forward", "cpu")
    assert (kernel.operation, kernel.device) == ("conv.forward", "cpu")
    assert kernel.function is conv.forward
    assert kernel.workspace is conv.forward_workspace
    assert kernel.in_place is None


def test_tells_what_may_work_in_place() -> None:
    """Neurons may overwrite their inputs, and their outputs' gradients."""
    assert find("neuron.forward", "cpu").in_place == ("x", "y")
    assert find("neuron.backward", "cpu").in_place == ("dy", "dx")


@pytest.mark.parametrize("operation", operations("cpu"))
def test_kernels_take_keywords_only_and_return_nothing(device: str, operation: str) -> None:
    """An executor passes everything by name; in-place ports and scratch arrays are parameters."""
    skip_unless_there(operation, device)
    kernel = find(operation, device)
    signature = inspect.signature(kernel.function)
    assert all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in signature.parameters.values())
    assert set(kernel.in_place or ()) <= set(signature.parameters)
    assert signature.return_annotation == "None"
    assert kernel.function.__doc__


@pytest.mark.parametrize(
    ("operation", "device", "message"),
    [
        ("conv.forward", "tpu", "conv.forward: there are no kernels for devices of the kind 'tpu'."),
        ("conv.forward", "cuda:0", "conv.forward: there are no kernels for devices of the kind 'cuda:0'."),
        (
            "conv.sideways",
            "cpu",
            "conv.sideways: cpu has no such kernel; for conv it has backward_data, backward_weights,",
        ),
        ("conv", "cpu", "conv: cpu has no such kernel; for conv it has"),
        ("conv.forward_workspace", "cpu", "conv.forward_workspace: cpu has no such kernel"),
        (
            "sideways.forward",
            "cpu",
            "sideways.forward: cpu has no such kernel; it has kernels for adamw, avg_pool, ",
        ),
        ("_window.taps", "cpu", "_window.taps: cpu has no such kernel"),
    ],
)
def test_says_what_is_missing(operation: str, device: str, message: str) -> None:
    """The message names the operation, the device kind and what there is."""
    with pytest.raises(MissingKernelError) as caught:
        find(operation, device)
    assert str(caught.value).startswith(message)


def test_a_device_without_kernels_has_no_operations() -> None:
    """An unknown device kind has none."""
    assert operations("tpu") == []


@pytest.mark.parametrize("operation", sorted({*operations("cuda")} & {*operations("cpu")}))
def test_kernels_for_gpus_take_what_those_of_the_cpu_take(operation: str) -> None:
    """The same keywords, but for scratch arrays and what is joined with them."""
    on_cpu, on_cuda = find(operation, "cpu"), find(operation, "cuda")
    taken = set(signature_of(on_cpu))
    by_twin = set(signature_of(on_cuda)) - (JOINED_ON_GPUS - taken)
    assert taken <= by_twin or on_cpu.workspace is not None
    assert by_twin <= taken or on_cuda.workspace is not None
    assert on_cuda.in_place in {None, on_cpu.in_place}


def signature_of(kernel: Kernel) -> Iterable[str]:
    """Return the names of the arguments."""
    return inspect.signature(kernel.function).parameters


def test_the_indices_of_step_control_are_places_of_their_own() -> None:
    """No two counters, settings or metrics share a place, and all fit."""
    counters = [
        control.STEP,
        control.EPOCH,
        control.CURSOR,
        control.VALID,
        control.UPDATE,
        control.FIRST_BAD_STEP,
        control.SEED,
        control.OFFSET,
    ]
    for indices, size in (
        (counters, control.COUNTERS),
        ([control.RATE, control.MOMENTUM, control.DECAY], control.SETTINGS),
        ([control.LOSS, control.ERRORS, control.EXAMPLES], control.METRICS),
    ):
        assert np.array_equal(np.sort(indices), np.arange(size))
