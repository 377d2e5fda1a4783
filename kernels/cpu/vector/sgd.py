"""Stochastic gradient descent; the rule is that of kernels/cpu/sgd.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from kernels import control
from kernels.arrays import Shape
from kernels.cpu.vector.flat import by_runs
from kernels.cpu.vector.generated import Arguments, Generated
from kernels.cpu.vector.ir import F32, F64, I64, Code, Number, Value
from kernels.cpu.vector.target import Target


def update(shapes: dict[str, Shape], target: Target, *, slot: int) -> Generated:
    """Return the kernel that updates weights and velocity by row ``slot`` of the settings."""
    runs = by_runs(shapes["weights"])
    phase = runs.phase(("gradient", "counters", "settings"), ("weights", "velocity"), _descent)

    def update_if_asked(code: Code, arguments: Arguments) -> None:
        with code.builder.if_then(_is_asked(code, arguments)):
            phase.emit(code, arguments)

    return Generated(
        what="sgd.update",
        arrays=("gradient", "counters", "settings", "weights", "velocity"),
        phases=(replace(phase, emit=update_if_asked),),
        tables=runs.tables | {"slot": np.array([slot], np.int64)},
    )


def _is_asked(code: Code, arguments: Arguments) -> Value:
    """Return whether this step updates: it is asked to, and no loss has been bad."""
    b, counters = code.builder, arguments["counters"]
    asked = b.icmp_signed("!=", code.integer(counters, control.UPDATE), I64(0))
    bad = code.integer(counters, control.FIRST_BAD_STEP)
    return b.and_(asked, b.icmp_signed("==", bad, I64(control.NO_BAD_STEP)))


def _descent(code: Code, arguments: Arguments) -> Callable[[Number, int], None]:
    """Read this weight's row of the settings; return what writes a vector's update."""
    gradient, weights, velocity = (arguments[name] for name in ("gradient", "weights", "velocity"))
    row = code.times(code.integer(arguments["slot"], 0), control.SETTINGS)

    def setting(column: int) -> Value:
        address = code.builder.gep(arguments["settings"], [code.plus(row, column)], source_etype=F64)
        return code.builder.load(address, typ=F64)

    def lanes_of(value: Value) -> Value:
        return code.splat(code.builder.fptrunc(value, F32))

    rate = setting(control.RATE)
    shrinking = lanes_of(code.builder.fmul(setting(control.DECAY), rate))
    rate, momentum = lanes_of(rate), lanes_of(setting(control.MOMENTUM))

    def vector(at: Number, lanes: int) -> None:
        old = code.load(weights, at, lanes)
        step = code.builder.fmul(rate, code.load(gradient, at, lanes))
        step = code.fma(shrinking, old, step)
        moved = code.builder.fmul(momentum, code.load(velocity, at, lanes))
        moved = code.builder.fsub(moved, step)
        code.store(moved, velocity, at, lanes)
        code.store(code.builder.fadd(old, moved), weights, at, lanes)

    return vector
