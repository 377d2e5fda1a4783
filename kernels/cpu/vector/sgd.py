"""Stochastic gradient descent; the rule is that of kernels/cpu/sgd.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod

from kernels import control
from kernels.arrays import Shape
from kernels.cpu.vector.flat import by_runs
from kernels.cpu.vector.generated import Arguments, Generated
from kernels.cpu.vector.ir import F32, F64, I64, Code, Number, Value
from kernels.cpu.vector.target import Target


def update(shapes: dict[str, Shape], target: Target, *, slot: int) -> Generated:
    """Return the kernel that updates weights and velocity by row ``slot`` of the settings."""

    def body(code: Code, arguments: Arguments) -> Callable[[Number, int], None]:
        rate, momentum, shrinking = _settings(code, arguments, slot)

        def vector(at: Number, lanes: int) -> None:
            weights = code.load(arguments["weights"], at, lanes)
            step = code.builder.fmul(rate, code.load(arguments["gradient"], at, lanes))
            step = code.fma(shrinking, weights, step)
            old = code.builder.fmul(momentum, code.load(arguments["velocity"], at, lanes))
            velocity = code.builder.fsub(old, step)
            code.store(velocity, arguments["velocity"], at, lanes)
            code.store(code.builder.fadd(weights, velocity), arguments["weights"], at, lanes)

        return vector

    runs = by_runs(
        prod(shapes["weights"]),
        ("gradient", "counters", "settings"),
        ("weights", "velocity"),
        body=body,
    )

    def update_if_asked(code: Code, arguments: Arguments) -> None:
        with code.builder.if_then(_updates(code, arguments["counters"])):
            runs.emit(code, arguments)

    return Generated(
        what=f"sgd.update {shapes['weights']} {slot}",
        arrays=("gradient", "counters", "settings", "weights", "velocity"),
        phases=(replace(runs, emit=update_if_asked),),
    )


def _updates(code: Code, counters: Value) -> Value:
    """Return whether this step writes: it is asked to, and no loss has been bad."""
    b = code.builder
    asked = b.icmp_signed("!=", code.integer(counters, control.UPDATE), I64(0))
    bad = code.integer(counters, control.FIRST_BAD_STEP)
    return b.and_(asked, b.icmp_signed("==", bad, I64(control.NO_BAD_STEP)))


def _settings(code: Code, arguments: Arguments, slot: int) -> tuple[Value, Value, Value]:
    """Return rate, momentum, and decay · rate, in all lanes."""

    def setting(column: int) -> Value:
        place = I64(slot * control.SETTINGS + column)
        address = code.builder.gep(arguments["settings"], [place], source_etype=F64)
        return code.builder.load(address, typ=F64)

    def lanes(value: Value) -> Value:
        return code.splat(code.builder.fptrunc(value, F32))

    rate = setting(control.RATE)
    shrinking = code.builder.fmul(setting(control.DECAY), rate)
    return lanes(rate), lanes(setting(control.MOMENTUM)), lanes(shrinking)
