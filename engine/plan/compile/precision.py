"""Has a program compute with bfloat16: what is as large as a batch is rounded, what is summed up is not.

Or with TF32, by which nothing is stored: products alone round what they multiply.

Weights, their gradients and all that an optimiser keeps stay as they are; each weight has a rounded copy that
kernels read, and that the weight's update writes too. Kernels that sum up do so in float32.

Source: Micikevicius et al. 2018, 'Mixed precision training'; bfloat16 needs no scaling of the loss.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.plan.analysis.partition import SharedProgram
from engine.plan.analysis.partition.whole import is_update
from engine.plan.types import Buffer, DType, Operation, Value

LONG: DType = "float32"
SHORT: DType = "bfloat16"

_SUMS = frozenset({"dweights", "dpacked", "dbiases", "means", "scales", "average_means", "average_variances"})
"""Ports that are not rounded, whatever the kernel."""

_PRODUCTS = frozenset({"conv", "fc", "fc_sgd", "local", "local_sgd"})
"""Families of matrix products, which tensor cores can compute."""

_SOFTMAX = {"softmax.forward": frozenset({"y"}), "softmax.backward": frozenset({"y", "dy"})}
"""Nor are these: a probability near 1 would be rounded to one of very few numbers."""

_EITHER = frozenset({"probabilities", "dprobabilities"})
"""Ports at which kernels take both types, the same at both."""


def compute_short(program: SharedProgram) -> tuple[SharedProgram, dict[str, str]]:
    """Return the program with rounded buffers, and its copies of weights, by what they are copies of."""
    kept = _kept(program)
    buffers = {
        name: replace(buffer, dtype=SHORT) if _is_rounded(buffer) and name not in kept else buffer
        for name, buffer in program.buffers.items()
    }
    copies = {name: f"{name}.copy" for name, buffer in buffers.items() if buffer.role == "weight"}
    for name, copy in copies.items():
        buffers[copy] = replace(buffers[name], name=copy, role="weight copy", dtype=SHORT)
    operations = tuple(
        converted
        for operation in program.operations
        for converted in _converted(_with_copies(operation, copies), buffers)
    )
    return replace(program, buffers=buffers, operations=operations), copies


def multiply_by_tf32(program: SharedProgram) -> SharedProgram:
    """Return the program whose matrix products round what they multiply to TF32, and sum up in float32."""
    operations = tuple(
        replace(operation, attributes={**operation.attributes, "tf32": True})
        if operation.kind.partition(".")[0] in _PRODUCTS
        else operation
        for operation in program.operations
    )
    return replace(program, operations=operations)


def _is_rounded(buffer: Buffer) -> bool:
    return buffer.role in {"input", "activation", "gradient"} and buffer.dtype == LONG


def _kept(program: SharedProgram) -> set[str]:
    """Return the buffers that are not rounded: made as sums, moved from such, or gradients of such."""
    kept: set[str] = set()
    for operation in program.operations:
        moves = operation.communicator is not None and not kept.isdisjoint(operation.inputs.values())
        of_kept = operation.inputs.get("probabilities") in kept
        kept.update(
            name
            for port, name in operation.outputs.items()
            if moves or _is_sum(operation, port) or (of_kept and port in _EITHER)
        )
    return kept


def _is_sum(operation: Operation, port: str) -> bool:
    return port in _SUMS or port in _SOFTMAX.get(operation.kind, ())


def _with_copies(operation: Operation, copies: dict[str, str]) -> Operation:
    if is_update(operation):
        copy = copies[operation.outputs["weights"]]
        return replace(operation, outputs={**operation.outputs, "copy": copy})
    inputs = {port: copies.get(name, name) for port, name in operation.inputs.items()}
    return replace(operation, inputs=inputs)


def _converted(operation: Operation, buffers: dict[str, Buffer]) -> Iterator[Operation]:
    """Yield the operation, with conversions of what it reads and writes in another type than a buffer has."""
    if is_update(operation) or operation.communicator is not None:
        yield operation
        return
    inputs, outputs, attributes = dict(operation.inputs), dict(operation.outputs), dict(operation.attributes)
    after: list[Operation] = []
    for port, name in operation.inputs.items():
        if _differs(operation, port, buffers[name]):
            inputs[port] = _add_other(buffers, operation, buffers[name])
            yield _cast(operation, name, inputs[port])
    for port, name in operation.outputs.items():
        if _differs(operation, port, buffers[name]):
            outputs[port] = _add_other(buffers, operation, buffers[name])
            accumulates = attributes.pop("accumulate", False)
            after.append(_cast(operation, outputs[port], name, accumulate=accumulates))
    yield replace(operation, inputs=inputs, outputs=outputs, attributes=attributes)
    yield from after


def _differs(operation: Operation, port: str, buffer: Buffer) -> bool:
    expected = LONG if _is_sum(operation, port) else SHORT
    return buffer.dtype in {LONG, SHORT} and buffer.dtype != expected and port not in _EITHER


def _add_other(buffers: dict[str, Buffer], operation: Operation, buffer: Buffer) -> str:
    """Add a buffer like another, of the other type, for one operation, and return its name."""
    name = f"{buffer.name} for {operation.name}"
    other = LONG if buffer.dtype == SHORT else SHORT
    buffers[name] = replace(buffer, name=name, role="activation", dtype=other)
    return name


def _cast(operation: Operation, x: str, y: str, **attributes: Value) -> Operation:
    return Operation(
        f"{operation.name}.cast {x}",
        "cast.forward",
        operation.layer,
        {"x": x},
        {"y": y},
        attributes,
        ranks=operation.ranks,
        pass_index=operation.pass_index,
    )
