"""Philox4x32-10: random numbers that are a function of what they are for, not of when they are drawn.

A number's address is (seed, stream, step, position, unit). The seed is Philox's 64-bit key; the other
four are the words of its 128-bit counter: word 0 counts blocks of units, word 1 is the position (of an
example, say), word 2 the step or epoch, word 3 the stream. One call makes one block of four 32-bit words.

Source: Salmon, Moraes, Dror, Shaw 2011, 'Parallel random numbers: as easy as 1, 2, 3' (Random123).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from enum import IntEnum
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

ROUNDS: Final = 10
MULTIPLIERS: Final = (0xD2511F53, 0xCD9E8D57)
WEYL: Final = (0x9E3779B9, 0xBB67AE85)
"""By what the two halves of a block are multiplied, and what is added to those of the key, in each round."""

_MULTIPLIERS = np.array(MULTIPLIERS, np.uint64)[:, np.newaxis]
_WEYL = np.array(WEYL, np.uint64)[:, np.newaxis]
_LOW_WORD = np.uint64(0xFFFFFFFF)
_WORD_BITS = np.uint64(32)

_GROUP = 1 << 16
"""Blocks mixed at a time: their words stay in a core's cache, and threads seldom meet."""

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
    SCALE = 6


def substream(stream: Stream, number: int) -> int:
    """Return the stream for the ``number``-th (below 2²⁴) user of ``stream``: one layer of several, say."""
    if not 0 <= number < 1 << 24:
        raise ValueError(f"substream: expected a number from 0 to {(1 << 24) - 1}, found {number}")
    return int(stream) | number << 8


def _mix(words: NDArray[np.uint64], key: NDArray[np.uint64]) -> None:
    """Put ``words`` (4, n), 32 bits in each, through all rounds under ``key`` (2, 1)."""
    even, odd = words[0::2], words[1::2]
    products = np.empty_like(even)
    swapped = products[::-1]
    for _ in range(ROUNDS):
        np.multiply(even, _MULTIPLIERS, out=products)
        np.right_shift(swapped, _WORD_BITS, out=even)
        np.bitwise_xor(even, odd, out=even)
        np.bitwise_xor(even, key, out=even)
        np.bitwise_and(swapped, _LOW_WORD, out=odd)
        key = key + _WEYL & _LOW_WORD


class _Drawing:
    """The first ``count`` blocks of each position, one position after the other, drawn group by group."""

    def __init__(self, count: int, *, seed: int, stream: int, step: int, position: Positions) -> None:
        positions = np.asarray(position, np.int64)
        self.shape = (*positions.shape, count)
        self._positions = (positions & 0xFFFFFFFF).astype(np.uint64).reshape(-1)
        self._step, self._stream = step & 0xFFFFFFFF, stream & 0xFFFFFFFF
        self._key = np.array([[seed & 0xFFFFFFFF], [seed >> 32 & 0xFFFFFFFF]], np.uint64)

    def empty(self, columns: int, dtype: type) -> NDArray[Any]:
        """Return room for ``columns`` values of each block, (blocks, columns)."""
        return np.empty((math.prod(self.shape), columns), dtype)

    def groups(self) -> Iterator[tuple[slice, NDArray[np.uint64]]]:
        """Yield which blocks these are, and their words, (4, n), of 32 bits each; they may be written to."""
        total, count = math.prod(self.shape), self.shape[-1]
        words = np.empty((4, min(total, _GROUP)), np.uint64)
        for first in range(0, total, _GROUP):
            last = min(first + _GROUP, total)
            group = words[:, : last - first]
            places, group[0] = np.divmod(np.arange(first, last, dtype=np.uint64), np.uint64(count))
            group[1] = self._positions[places.astype(np.int64)]
            group[2], group[3] = self._step, self._stream
            _mix(group, self._key)
            yield slice(first, last), group

    def pairs(self) -> Iterator[tuple[slice, NDArray[np.uint64]]]:
        """Yield which blocks these are, and their two 64-bit integers, (2, n)."""
        for group, words in self.groups():
            low, high = words[0::2], words[1::2]
            np.left_shift(high, _WORD_BITS, out=high)
            yield group, np.bitwise_or(low, high, out=low)

    def units(self) -> Iterator[tuple[slice, NDArray[np.float64]]]:
        """Yield which blocks these are, and their two numbers from [0, 1), (2, n); they may be written to."""
        for group, pairs in self.pairs():
            units = np.right_shift(pairs, np.uint64(11), out=pairs).astype(np.float64)
            yield group, np.multiply(units, 2.0**-53, out=units)


def blocks(count: int, *, seed: int, stream: int, step: int = 0, position: Positions = 0) -> Words:
    """Return the first ``count`` blocks of each position, uint32 (*position.shape, count, 4).

    ``seed`` is taken modulo 2⁶⁴; ``stream``, ``step`` and ``position`` modulo 2³².
    """
    drawing = _Drawing(count, seed=seed, stream=stream, step=step, position=position)
    drawn = drawing.empty(4, np.uint32)
    for group, words in drawing.groups():
        drawn[group] = words.T
    return drawn.reshape(*drawing.shape, 4)


def integers64(
    count: int, *, seed: int, stream: int, step: int = 0, position: Positions = 0
) -> NDArray[np.uint64]:
    """Return ``count`` 64-bit integers for each position, uint64 (*position.shape, count); two a block."""
    drawing = _Drawing((count + 1) // 2, seed=seed, stream=stream, step=step, position=position)
    drawn = drawing.empty(2, np.uint64)
    for group, pairs in drawing.pairs():
        drawn[group] = pairs.T
    return _first(drawn, drawing, count)


def uniform(
    count: int, *, seed: int, stream: int, step: int = 0, position: Positions = 0
) -> NDArray[np.float64]:
    """Return ``count`` numbers from [0, 1) for each position, float64 (*position.shape, count).

    Each has the upper 53 bits of a 64-bit integer, so all are multiples of 2⁻⁵³.
    """
    drawing = _Drawing((count + 1) // 2, seed=seed, stream=stream, step=step, position=position)
    drawn = drawing.empty(2, np.float64)
    for group, units in drawing.units():
        drawn[group] = units.T
    return _first(drawn, drawing, count)


def normal(
    count: int, *, seed: int, stream: int, step: int = 0, position: Positions = 0
) -> NDArray[np.float64]:
    """Return ``count`` numbers of mean 0 and variance 1 for each position, float64 (*position.shape, count).

    One block makes two. Source: Box and Muller 1958, with 1 − u so that the logarithm's argument is never 0.
    """
    drawing = _Drawing((count + 1) // 2, seed=seed, stream=stream, step=step, position=position)
    drawn = drawing.empty(2, np.float64)
    for group, (radius, angle) in drawing.units():
        np.subtract(1.0, radius, out=radius)
        np.log(radius, out=radius)
        np.multiply(-2.0, radius, out=radius)
        np.sqrt(radius, out=radius)
        np.multiply(2.0 * np.pi, angle, out=angle)
        np.multiply(radius, np.cos(angle), out=drawn[group, 0])
        np.multiply(radius, np.sin(angle, out=angle), out=drawn[group, 1])
    return _first(drawn, drawing, count)


def _first(drawn: NDArray[Any], drawing: _Drawing, count: int) -> NDArray[Any]:
    """Return the first ``count`` of the values of each position, of which a block has two."""
    return drawn.reshape(*drawing.shape[:-1], -1)[..., :count]


def permutation(n: int, seed: int, stream: int, epoch: int) -> NDArray[np.int64]:
    """Return the numbers 0 … n − 1 in a random order, int64 (n,): the stable argsort of 64-bit integers."""
    return np.argsort(integers64(n, seed=seed, stream=stream, step=epoch), kind="stable")
