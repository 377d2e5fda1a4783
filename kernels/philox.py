"""Philox4x32-10: random numbers that are a function of what they are for, not of when they are drawn.

A number's address is (seed, stream, step, position, unit). The seed is Philox's 64-bit key; the other
four are the words of its 128-bit counter: word 0 counts blocks of units, word 1 is the position (of an
example, say), word 2 the step or epoch, word 3 the stream. One call makes one block of four 32-bit words.

Source: Salmon, Moraes, Dror, Shaw 2011, 'Parallel random numbers: as easy as 1, 2, 3' (Random123).
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

ROUNDS = 10
_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_LOW_WORD = np.uint64(0xFFFFFFFF)
_WORD_BITS = np.uint64(32)

_GROUP = 4096
"""Blocks mixed at a time: their words stay in a core's second-level cache."""

Words: TypeAlias = NDArray[np.uint32]
Positions: TypeAlias = int | NDArray[np.integer[Any]]


class Stream(IntEnum):
    """What random numbers are for. Numbers of different streams are independent."""

    ORDER = 0
    WEIGHTS = 1
    AUGMENTATION = 2
    DROPOUT = 3
    SPLIT = 4
    SYNTHESIS = 5


def substream(stream: Stream, number: int) -> int:
    """Return the stream for the ``number``-th (below 2²⁴) user of ``stream``: one layer of several, say."""
    if not 0 <= number < 1 << 24:
        raise ValueError(f"substream: expected a number from 0 to {(1 << 24) - 1}, found {number}")
    return int(stream) | number << 8


def philox4x32(counters: Words, key: Words) -> Words:
    """Return the Philox4x32-10 blocks, uint32 (..., 4), of ``counters`` (..., 4) under ``key`` (2,)."""
    rows = counters.reshape(-1, 4)
    blocks = np.empty_like(rows)
    for first in range(0, len(rows), _GROUP):
        group = slice(first, first + _GROUP)
        blocks[group] = _mix(rows[group].T.astype(np.uint64), key).T
    return blocks.reshape(counters.shape)


def _mix(words: NDArray[np.uint64], key: Words) -> NDArray[np.uint64]:
    """Return ``words`` (4, n), 32 bits in each, after all rounds. Overwrites ``words``."""
    a, b, c, d = words
    products = np.empty((2, words.shape[1]), np.uint64)
    for round_ in range(ROUNDS):
        round_key = [np.uint64((int(k) + round_ * w) & 0xFFFFFFFF) for k, w in zip(key, _WEYL, strict=True)]
        product_a = np.multiply(a, _MULTIPLIERS[0], out=products[0])
        product_c = np.multiply(c, _MULTIPLIERS[1], out=products[1])
        np.right_shift(product_c, _WORD_BITS, out=a)
        np.bitwise_xor(a, b, out=a)
        np.bitwise_xor(a, round_key[0], out=a)
        np.bitwise_and(product_c, _LOW_WORD, out=b)
        np.right_shift(product_a, _WORD_BITS, out=c)
        np.bitwise_xor(c, d, out=c)
        np.bitwise_xor(c, round_key[1], out=c)
        np.bitwise_and(product_a, _LOW_WORD, out=d)
    return words


def blocks(count: int, *, seed: int, stream: int, step: int = 0, position: Positions = 0) -> Words:
    """Return the first ``count`` blocks of each position, uint32 (*position.shape, count, 4).

    ``seed`` is taken modulo 2⁶⁴; ``stream``, ``step`` and ``position`` modulo 2³².
    """
    positions = np.asarray(position, np.int64)
    counters = np.empty((*positions.shape, count, 4), np.uint32)
    counters[..., 0] = np.arange(count, dtype=np.uint32)
    counters[..., 1] = (positions & 0xFFFFFFFF)[..., np.newaxis]
    counters[..., 2] = step & 0xFFFFFFFF
    counters[..., 3] = stream & 0xFFFFFFFF
    return philox4x32(counters, np.array([seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF], np.uint32))


def integers64(
    count: int, *, seed: int, stream: int, step: int = 0, position: Positions = 0
) -> NDArray[np.uint64]:
    """Return ``count`` 64-bit integers for each position, uint64 (*position.shape, count); two a block."""
    words = blocks((count + 1) // 2, seed=seed, stream=stream, step=step, position=position)
    pairs = words.astype(np.uint64)
    values = pairs[..., 0::2] | pairs[..., 1::2] << _WORD_BITS
    return values.reshape(*values.shape[:-2], -1)[..., :count]


def uniform(
    count: int, *, seed: int, stream: int, step: int = 0, position: Positions = 0
) -> NDArray[np.float64]:
    """Return ``count`` numbers from [0, 1) for each position, float64 (*position.shape, count).

    Each has the upper 53 bits of a 64-bit integer, so all are multiples of 2⁻⁵³.
    """
    values = integers64(count, seed=seed, stream=stream, step=step, position=position)
    return (values >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normal(
    count: int, *, seed: int, stream: int, step: int = 0, position: Positions = 0
) -> NDArray[np.float64]:
    """Return ``count`` numbers of mean 0 and variance 1 for each position, float64 (*position.shape, count).

    One block makes two. Source: Box and Muller 1958, with 1 − u so that the logarithm's argument is never 0.
    """
    pairs = (count + 1) // 2
    u = uniform(2 * pairs, seed=seed, stream=stream, step=step, position=position)
    radius = np.sqrt(-2.0 * np.log(1.0 - u[..., 0::2]))
    angle = 2.0 * np.pi * u[..., 1::2]
    values = np.stack((radius * np.cos(angle), radius * np.sin(angle)), axis=-1)
    return values.reshape(*values.shape[:-2], -1)[..., :count]


def permutation(n: int, seed: int, stream: int, epoch: int) -> NDArray[np.int64]:
    """Return the numbers 0 … n − 1 in a random order, int64 (n,): the stable argsort of 64-bit integers."""
    return np.argsort(integers64(n, seed=seed, stream=stream, step=epoch), kind="stable")
