"""Philox4x32-10 in vectors: the numbers of kernels/philox.py, bit by bit, a block in each lane.

A round, on the words w₀ … w₃ of a block and the key k₀, k₁, with the products p₀ = M₀ · w₀ and p₁ = M₁ · w₂
of 64 bits::

    w₀, w₁, w₂, w₃  ←  high(p₁) ⊕ w₁ ⊕ k₀,  low(p₁),  high(p₀) ⊕ w₃ ⊕ k₁,  low(p₀)

after which the key is moved on by a constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from llvmlite import ir

from kernels import control
from kernels.cpu.vector.ir import I32, I64, Code, Number, Value
from kernels.philox import MULTIPLIERS, ROUNDS, WEYL

Words: TypeAlias = tuple[Value, Value, Value, Value]
"""Vectors of the four words of blocks."""


@dataclass(frozen=True)
class Draw:
    """The blocks of one address but their number: under a ``key``, of a position, a step and a stream."""

    code: Code
    key: tuple[Value, Value]
    address: tuple[Value, Value, Value]

    def blocks(self, first: Number) -> Words:
        """Return as many blocks as a vector has lanes, from the ``first`` on."""
        code, b = self.code, self.code.builder
        lanes = ir.Constant(ir.VectorType(I32, code.lanes), list(range(code.lanes)))
        numbers = b.add(code.splat(b.trunc(code.value(first), I32)), lanes)
        words: Words = (numbers, *map(code.splat, self.address))
        key = self.key
        for _ in range(ROUNDS):
            words = _round(code, words, key)
            key = b.add(key[0], _word(WEYL[0])), b.add(key[1], _word(WEYL[1]))
        return words


def draw(code: Code, counters: Value, position: Value, stream: int) -> Draw:
    """Return the blocks of a ``position`` in the global batch, of the seed and the step of ``counters``."""
    b = code.builder
    seed = code.integer(counters, control.SEED)
    step = code.integer(counters, control.STEP)
    key = b.trunc(seed, I32), b.trunc(b.lshr(seed, I64(32)), I32)
    return Draw(code, key, (b.trunc(position, I32), b.trunc(step, I32), _word(stream)))


def _round(code: Code, words: Words, key: tuple[Value, Value]) -> Words:
    b = code.builder
    (high0, low0), (high1, low1) = (
        _product(code, word, number) for word, number in zip(words[::2], MULTIPLIERS, strict=True)
    )
    first, third = (
        b.xor(b.xor(high, word), code.splat(k))
        for high, word, k in zip((high1, high0), words[1::2], key, strict=True)
    )
    return first, low1, third, low0


def _product(code: Code, word: Value, number: int) -> tuple[Value, Value]:
    """Return the upper and the lower 32 bits of a product."""
    b = code.builder
    narrow, wide = word.type, ir.VectorType(I64, code.lanes)
    product = b.mul(b.zext(word, wide), code.splat(I64(number)))
    return b.trunc(b.lshr(product, code.splat(I64(32))), narrow), b.trunc(product, narrow)


def _word(number: int) -> Value:
    """Return a number modulo 2³² as a word."""
    signed = (number & 0xFFFFFFFF ^ 0x80000000) - 0x80000000
    return I32(signed)
