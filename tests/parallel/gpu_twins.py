"""What GPUs do at once, done one after the other by the kernels of the CPU.

A plan for GPUs can so be run, over ranks that are threads, where there is no GPU: its split is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from inspect import signature
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from engine.plan.types import TrainingPlan
from kernels.registry import Kernel, find

Array = NDArray[Any]


@contextmanager
def on_cpu(plan: TrainingPlan) -> Iterator[TrainingPlan]:
    """Yield a plan of GPUs as one of the CPU, which can be run within."""

    def find_twin(kind: str, _: str) -> Kernel:
        return Kernel(kind, "cpu", _TWINS.get(kind, lambda **given: _run(kind, **given)), None, None)

    with mock.patch("engine.runtime.executor.find", find_twin):
        yield replace(plan, device="cpu")


def _run(
    kind: str,
    *,
    gate: Array | None = None,
    accumulate: bool = False,
    **given: Any,
) -> None:
    """Run a kernel of the CPU, with scratch memory of its own; then let a gate act, and sum up biases."""
    kernel = find(kind, "cpu")
    known = signature(kernel.function).parameters
    arrays = {port: value for port, value in given.items() if port in known and isinstance(value, np.ndarray)}
    attributes = {name: value for name, value in given.items() if not isinstance(value, np.ndarray)}
    if "accumulate" in known:
        attributes["accumulate"] = accumulate
    if kernel.workspace is not None:
        shapes = {port: array.shape for port, array in arrays.items()}
        for port, shape in kernel.workspace(shapes, **attributes).items():
            arrays[port] = np.zeros(shape, np.float64)
    before = given["dx"].copy() if gate is not None else None
    kernel.function(**arrays, **attributes)
    if gate is not None:
        given["dx"][gate <= 0] = before[gate <= 0] if accumulate and before is not None else 0.0
    if "dbiases" in given and "dbiases" not in known:
        _run("bias.backward", dy=given["dy"], dbiases=given["dbiases"], accumulate=accumulate)


def _norm_forward(*, x: Array, y: Array, denominators: Array | None = None, **how: Any) -> None:
    denominators = np.empty_like(x) if denominators is None else denominators
    find("cmrnorm.forward", "cpu").function(x=x, y=y, denominators=denominators, **how)


def _norm_backward(*, x: Array, dy: Array, dx: Array, denominators: Array | None = None, **how: Any) -> None:
    if denominators is None:
        forward = {name: value for name, value in how.items() if name not in {"gate", "accumulate"}}
        denominators = np.empty_like(x)
        _norm_forward(x=x, y=np.empty_like(x), denominators=denominators, **forward)
    _run("cmrnorm.backward", x=x, dy=dy, dx=dx, denominators=denominators, **how)


def _norm_pool_forward(*, x: Array, y: Array, **how: Any) -> None:
    norm, pool = _apart(how)
    responses = np.empty_like(x)
    _norm_forward(x=x, y=responses, **norm)
    _run("max_pool.forward", x=responses, y=y, **pool)


def _norm_pool_backward(*, x: Array, y: Array, dy: Array, dx: Array, **how: Any) -> None:
    norm, pool = _apart(how)
    responses, of_responses = np.empty_like(x), np.empty_like(x)
    _norm_forward(x=x, y=responses, **norm)
    _run("max_pool.backward", x=responses, y=y, dy=dy, dx=of_responses, **pool)
    _norm_backward(x=x, dy=of_responses, dx=dx, gate=how.get("gate"), **norm)


def _apart(how: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    pool = {name.removeprefix("pool_"): value for name, value in how.items() if name.startswith("pool_")}
    norm = {name: how[name] for name in ("size", "scale", "power", "minimum")}
    return {**norm, "blocked": False}, pool


def _cost(
    *,
    x: Array,
    labels: Array,
    metrics: Array,
    counters: Array,
    dx: Array,
    top: int,
    coefficient: float,
    **_: Any,
) -> None:
    batch = {"probabilities": np.empty_like(x), "labels": labels, "counters": counters}
    _run("softmax.forward", x=x, y=batch["probabilities"])
    _run("cross_entropy.forward", metrics=metrics, top=top, **batch)
    _run("softmax_cross_entropy.backward", dx=dx, coefficient=coefficient, **batch)


def _pack(*, x: Array, y: Array, stride: tuple[int, int], padding: tuple[int, int] = (0, 0)) -> None:
    """Write the formula of kernels/cuda/pack.cu out."""
    y[...] = 0.0
    (height, width), channels = x.shape[1:3], x.shape[3]
    for row, column, i, j in np.ndindex(*y.shape[1:3], *stride):
        above, left = row * stride[0] + i - padding[0], column * stride[1] + j - padding[1]
        first = (i * stride[1] + j) * channels
        if 0 <= above < height and 0 <= left < width:
            y[:, row, column, first : first + channels] = x[:, above, left]


def _unpack(*, dpacked: Array, dweights: Array, stride: tuple[int, int]) -> None:
    channels = dweights.shape[3]
    for row, column in np.ndindex(*dweights.shape[1:3]):
        first = (row % stride[0] * stride[1] + column % stride[1]) * channels
        packed = dpacked[:, row // stride[0], column // stride[1]]
        dweights[:, row, column] = packed[:, first : first + channels]


def _update_all(*, counters: Array, settings: Array, slots: tuple[int, ...], **arrays: Array) -> None:
    for number, slot in enumerate(slots):
        own = {port: arrays[f"{port}{number}"] for port in ("weights", "gradient", "velocity")}
        _run("sgd.update", counters=counters, settings=settings, slot=slot, **own)


_TWINS: dict[str, Callable[..., None]] = {
    "cmrnorm.forward": _norm_forward,
    "cmrnorm.backward": _norm_backward,
    "cmrnorm_max_pool.forward": _norm_pool_forward,
    "cmrnorm_max_pool.backward": _norm_pool_backward,
    "softmax_cross_entropy.forward_backward": _cost,
    "pack.pictures": _pack,
    "pack.filters": _pack,
    "pack.filters_gradient": _unpack,
    "sgd.update_all": _update_all,
}
