"""Packs the pictures of first layers: blocks of pixels become channels, as many as tensor cores want.

A convolution of h × w filters with stride s is one of ⌈h/s⌉ × ⌈w/s⌉ filters with stride 1 on pictures whose
pixels are blocks of s × s. Its filters are packed in each step, and their gradient is unpacked. Kernels that
pack what they read by themselves need none of this.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from math import ceil

from engine.plan.compile.draft import Draft
from engine.plan.types import Buffer, Operation, Value
from kernels.cuda import _strided_conv

_CHANNELS = 8
"""Packed pictures have a multiple of it."""


def pack_first_layers(draft: Draft, *, short: bool) -> None:
    """Pack what convolutions of the data with few channels read; numbers will be bfloat16 if ``short``."""
    for forward in [op for op in draft.operations if op.kind == "conv.forward"]:
        if not _is_first(draft, forward):
            continue
        if short and _packs_itself(draft, forward):
            draft.notes.append(f"{forward.layer}: packs what it reads by itself")
        else:
            _pack(draft, forward)


def _is_first(draft: Draft, forward: Operation) -> bool:
    x = draft.buffers[forward.inputs["x"]]
    attributes = forward.attributes
    plain = attributes.get("groups", 1) == 1 and attributes.get("dilation", (1, 1)) == (1, 1)
    few = x.role == "input" and x.shape[3] % _CHANNELS != 0 and x.shape[3] < _CHANNELS
    return plain and few and not forward.accumulates


def _packs_itself(draft: Draft, forward: Operation) -> bool:
    """Whether the kernels of a first layer pack what they read."""
    x, weights = draft.buffers[forward.inputs["x"]], draft.buffers[forward.inputs["weights"]]
    maps, biases = draft.buffers[forward.outputs["y"]], forward.inputs.get("biases")
    is_shared = biases is None or len(draft.buffers[biases].shape) == 1
    how = {name: _pair(forward.attributes[name]) for name in ("stride", "padding")}
    shapes = x.shape, weights.shape, maps.shape
    return is_shared and _strided_conv.fits(*shapes, **how, groups=1, dilation=(1, 1))


def _pack(draft: Draft, forward: Operation) -> None:
    x, weights = draft.buffers[forward.inputs["x"]], draft.buffers[forward.inputs["weights"]]
    maps = draft.buffers[forward.outputs["y"]]
    stride = _pair(forward.attributes["stride"])
    size = tuple(ceil(extent / step) for extent, step in zip(weights.shape[1:3], stride, strict=True))
    channels = ceil(x.shape[3] * stride[0] * stride[1] / _CHANNELS) * _CHANNELS
    extents = tuple(places + extent - 1 for places, extent in zip(maps.shape[1:3], size, strict=True))
    pictures = _add(draft, x, f"{forward.layer}.packed", (x.shape[0], *extents, channels))
    filters = _add(
        draft, weights, f"{forward.layer}.packed {weights.name}", (weights.shape[0], *size, channels)
    )
    emit = partial(_emit_before, draft, forward)
    emit(
        "pack.pictures", {"x": x.name}, {"y": pictures}, stride=stride, padding=forward.attributes["padding"]
    )
    emit("pack.filters", {"x": weights.name}, {"y": filters}, stride=stride)
    _exchange(draft, forward, {"x": pictures, "weights": filters}, {})
    for gradient in [op for op in draft.operations if op.kind == "conv.backward_weights"]:
        is_its_own = gradient.layer == forward.layer and gradient.inputs["x"] == x.name
        if is_its_own and not gradient.accumulates:
            of_packed = _add(draft, weights, f"{filters}.gradient", draft.buffers[filters].shape)
            of_filters = gradient.outputs["dweights"]
            packed = _exchange(draft, gradient, {"x": pictures}, {"dweights": of_packed})
            draft.emit(
                "pack.filters_gradient",
                forward.layer,
                {"dpacked": of_packed},
                {"dweights": of_filters},
                stride=stride,
            )
            draft.operations.insert(draft.operations.index(packed) + 1, draft.operations.pop())
    draft.notes.append(f"{forward.layer}: {x.shape[3]} channels packed to {channels}")


def _add(draft: Draft, like: Buffer, name: str, shape: tuple[int, ...]) -> str:
    return draft.add(Buffer(name, "activation", shape, like.axes, draft.dtype))


def _emit_before(
    draft: Draft,
    operation: Operation,
    kind: str,
    inputs: dict[str, str],
    outputs: dict[str, str],
    **how: Value,
) -> None:
    """Emit an operation of the same layer just before another."""
    draft.emit(kind, operation.layer, inputs, outputs, **how)
    draft.operations.insert(draft.operations.index(operation), draft.operations.pop())


def _exchange(
    draft: Draft, operation: Operation, inputs: dict[str, str], outputs: dict[str, str]
) -> Operation:
    """Have an operation of a convolution work on packed pictures and filters."""
    packed = dataclasses.replace(
        operation,
        inputs={**operation.inputs, **inputs},
        outputs={**operation.outputs, **outputs},
        attributes={**operation.attributes, "stride": (1, 1), "padding": (0, 0)},
    )
    draft.operations[draft.operations.index(operation)] = packed
    return packed


def _pair(value: Value) -> tuple[int, int]:
    assert isinstance(value, tuple)
    return value[0], value[1]
