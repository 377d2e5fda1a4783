"""Functions of all lanes at once, within two units in the last place of float32.

    e^x = 2^n · e^r    n = round(x / ln 2), r = x − n · ln 2, |r| ≤ ln 2 / 2

Source: Cody and Waite 1980: ln 2 in two parts, so that r is exact; Cephes' polynomial for e^r.
"""

from __future__ import annotations

from llvmlite import ir

from kernels.cpu.vector.ir import I32, Code, Value

_LN2_HIGH = 0.693359375
_LN2_LOW = -2.12194440e-4
_LOG2_E = 1.44269504088896341
_POLYNOMIAL = (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 0.5)
_LOWEST, _HIGHEST = -87.33654, 88.0
_EXPONENT_BIAS, _EXPONENT_SHIFT = 127, 23


def exponential(code: Code, x: Value) -> Value:
    """Return e^x; for x outside −87 … 88, that of the nearest number inside. NaN stays NaN."""
    b = code.builder
    inside = code.smaller_of(code.constant(_HIGHEST), code.larger(code.constant(_LOWEST), x))
    whole = code.call_unary("rint", b.fmul(inside, code.constant(_LOG2_E)))
    rest = code.fma(whole, code.constant(-_LN2_HIGH), inside)
    rest = code.fma(whole, code.constant(-_LN2_LOW), rest)
    power = code.constant(_POLYNOMIAL[0])
    for coefficient in _POLYNOMIAL[1:]:
        power = code.fma(power, rest, code.constant(coefficient))
    power = code.fma(power, b.fmul(rest, rest), b.fadd(rest, code.constant(1)))
    integers = ir.VectorType(I32, code.lanes)

    def all_lanes(number: int) -> Value:
        return ir.Constant(integers, [number] * code.lanes)

    exponent = b.add(b.fptosi(whole, integers), all_lanes(_EXPONENT_BIAS))
    scale = b.bitcast(b.shl(exponent, all_lanes(_EXPONENT_SHIFT)), code.vector)
    return b.fmul(power, scale)
