"""Cross entropy and its figures; the formulas are those of kernels/cpu/cross_entropy.py.

It is a short sum in a fixed order, so one thread does it.
"""

from __future__ import annotations

import numpy as np

from kernels import control
from kernels.arrays import Shape
from kernels.cpu.vector.generated import Arguments, Generated, Phase
from kernels.cpu.vector.ir import F32, F64, I32, I64, Code, Number, Value
from kernels.cpu.vector.target import Target


def forward(shapes: dict[str, Shape], target: Target, *, top: int = 1) -> Generated | None:
    """Return the kernel that adds loss, errors and examples of this batch to the metrics."""
    if top != 1:
        return None
    classes = shapes["probabilities"][1]

    def emit(code: Code, arguments: Arguments) -> None:
        b = code.builder
        valid = code.integer(arguments["counters"], control.VALID)

        def row(number: Number, carried: list[Value]) -> list[Value]:
            loss, errors = carried
            p = code.at(arguments["probabilities"], code.times(number, classes))
            label = code.integer(arguments["labels"], number, I32)
            likelihood = _likelihood(code, code.scalar(p, label))
            wrong = b.icmp_signed("!=", _largest(code, p, classes), label)
            return [
                b.fsub(loss, code.call_unary("log", likelihood)),
                b.fadd(errors, b.uitofp(wrong, F64)),
            ]

        loss, errors = code.fold(valid, [F64(0.0), F64(0.0)], row)
        for column, value in (
            (control.LOSS, loss),
            (control.ERRORS, errors),
            (control.EXAMPLES, b.sitofp(valid, F64)),
        ):
            place = b.gep(arguments["metrics"], [I64(column)], source_etype=F64)
            b.store(b.fadd(b.load(place, typ=F64), value), place)
        _note_bad_step(code, arguments["counters"], loss)

    return Generated(
        what=f"cross_entropy.forward {shapes['probabilities']}",
        arrays=("probabilities", "labels", "counters", "metrics"),
        phases=(Phase("figures", 1, ("probabilities", "labels"), ("metrics", "counters"), emit),),
    )


def _likelihood(code: Code, probability: Value) -> Value:
    """Return the probability, at least the smallest normal number; what is not a number stays so."""
    b = code.builder
    tiny = F32(float(np.finfo(np.float32).tiny))
    return b.fpext(b.select(b.fcmp_ordered("<", probability, tiny), tiny, probability), F64)


def _largest(code: Code, row: Value, classes: int) -> Value:
    """Return the place of the first of the largest numbers of a row."""
    b = code.builder

    def step(index: Number, carried: list[Value]) -> list[Value]:
        place, best = carried
        at = code.plus(index, 1)
        value = code.scalar(row, at)
        better = b.fcmp_ordered(">", value, best)
        return [b.select(better, code.value(at), place), b.select(better, value, best)]

    return code.fold(classes - 1, [I64(0), code.scalar(row)], step)[0]


def _note_bad_step(code: Code, counters: Value, loss: Value) -> None:
    """Write the number of this step as that of the first bad one, if the loss is not finite and none is."""
    b = code.builder
    # Infinity and NaN alone give NaN here, which is unequal to itself.
    nothing = b.fsub(loss, loss)
    bad = b.fcmp_unordered("!=", nothing, nothing)
    first = b.icmp_signed("==", code.integer(counters, control.FIRST_BAD_STEP), I64(control.NO_BAD_STEP))
    with b.if_then(b.and_(bad, first)):
        place = b.gep(counters, [I64(control.FIRST_BAD_STEP)], source_etype=I64)
        b.store(code.integer(counters, control.STEP), place)
