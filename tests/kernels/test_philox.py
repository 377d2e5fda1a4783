"""Philox4x32-10 and what is drawn with it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kernels.philox import (
    Stream,
    blocks,
    integers64,
    normal,
    permutation,
    substream,
    uniform,
)
from tests.kernels.plain_philox import plain_philox

KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]

# Drawn with seed 1, stream ORDER, step 2, and worked out once more in Python's own integers and math.
GOLDEN_INTEGERS = [10154990248698053839, 723669816833414966, 15781932863528943987]
GOLDEN_UNIFORM = [float.fromhex("0x1.19db8ba7ce680p-1"), float.fromhex("0x1.415fbba7e0e20p-5")]
GOLDEN_NORMAL = [1.2263922148055066, 0.3085690969472572, 1.8514026829496946]
GOLDEN_PERMUTATION = [9, 1, 3, 8, 4, 6, 5, 0, 7, 2]


def words(text: str) -> list[int]:
    """Return hexadecimal words as numbers."""
    return [int(word, 16) for word in text.split()]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_the_definition_gives_the_published_known_answers(counter: str, key: str, answer: str) -> None:
    """Random123's vectors of philox4x32-10 (kat_vectors): all else is held against it."""
    assert plain_philox(words(counter), words(key)) == words(answer)


def test_blocks_are_those_of_the_definition_wherever_they_lie() -> None:
    """Within, at the ends of, and on both sides of the groups that are mixed at a time."""
    seed, stream, step = 0xDEADBEEF_01234567, 0xFFFF_FF03, 0x9234_5678
    positions = np.random.default_rng(1).integers(0, 1 << 32, (3, 10))
    result = blocks(3001, seed=seed, stream=stream, step=step, position=positions)
    assert result.shape == (3, 10, 3001, 4)
    assert result.dtype == np.uint32
    key = words("01234567 deadbeef")
    of_group = np.unravel_index([0, 1, 65535, 65536, result.size // 4 - 1], result.shape[:3])
    for row, column, block in [*zip(*of_group, strict=True), (0, 9, 3000), (1, 0, 0), (2, 4, 1717)]:
        expected = plain_philox([block, positions[row, column], step, stream], key)
        assert result[row, column, block].tolist() == expected


def test_blocks_are_addressed_by_seed_stream_step_position_and_unit() -> None:
    """Each part of the address is one word of Philox's counter or key."""
    result = blocks(3, seed=0x7_0000_0005, stream=9, step=11, position=np.array([[40, 50]]))
    assert result.shape == (1, 2, 3, 4)
    assert result[0, 1, 2].tolist() == plain_philox([2, 50, 11, 9], [5, 7])


def test_negative_seeds_are_seeds_too() -> None:
    """A seed counts modulo 2⁶⁴."""
    np.testing.assert_array_equal(blocks(2, seed=-1, stream=0), blocks(2, seed=(1 << 64) - 1, stream=0))


def test_integers_are_pairs_of_words() -> None:
    """Two 32-bit words, lower first, make one integer; odd counts and arrays of positions work."""
    first, second = plain_philox([0, 8, 0, 3], [1, 0]), plain_philox([1, 8, 0, 3], [1, 0])
    integers = integers64(3, seed=1, stream=3, position=np.array([7, 8]))
    assert integers.shape == (2, 3)
    assert integers[1].tolist() == [
        first[0] | first[1] << 32,
        first[2] | first[3] << 32,
        second[0] | second[1] << 32,
    ]


def test_uniform_numbers_are_uniform() -> None:
    """They lie in [0, 1), with the mean and variance of a uniform distribution, without correlation."""
    values = uniform(100_000, seed=2, stream=Stream.SYNTHESIS)
    assert values.dtype == np.float64
    assert values.min() >= 0
    assert values.max() < 1
    assert abs(values.mean() - 0.5) < 0.005
    assert abs(values.var() - 1 / 12) < 0.002
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 0.02


def test_normal_numbers_are_normal() -> None:
    """Mean 0, variance 1, kurtosis 3, and 4.55 % lie beyond two standard deviations."""
    values = normal(100_000, seed=3, stream=Stream.WEIGHTS)
    assert values.dtype == np.float64
    assert abs(values.mean()) < 0.02
    assert abs(values.var() - 1) < 0.03
    assert abs((values**4).mean() - 3) < 0.15
    assert abs((np.abs(values) > 2).mean() - 0.0455) < 0.005
    assert abs(np.corrcoef(values[::2], values[1::2])[0, 1]) < 0.02


def test_draws_are_reproducible() -> None:
    """Numbers that a run of today draws are those that a run of any day draws."""
    np.testing.assert_array_equal(integers64(3, seed=1, stream=Stream.ORDER, step=2), GOLDEN_INTEGERS)
    np.testing.assert_array_equal(uniform(2, seed=1, stream=Stream.ORDER, step=2), GOLDEN_UNIFORM)
    np.testing.assert_allclose(normal(3, seed=1, stream=Stream.ORDER, step=2), GOLDEN_NORMAL, rtol=4e-16)
    assert permutation(10, seed=1, stream=Stream.ORDER, epoch=2).tolist() == GOLDEN_PERMUTATION


@pytest.mark.parametrize("draw", [integers64, uniform, normal])
def test_a_number_does_not_depend_on_how_many_are_drawn(draw: Callable[..., np.ndarray]) -> None:
    """The first numbers of a long draw are those of a short one, and positions draw alone as together."""
    many = draw(1001, seed=5, stream=2, position=np.arange(4))
    np.testing.assert_array_equal(draw(37, seed=5, stream=2, position=np.arange(4)), many[:, :37])
    np.testing.assert_array_equal(draw(1001, seed=5, stream=2, position=3), many[3])


@pytest.mark.parametrize("n", [0, 1, 2, 1797])
def test_permutations_hold_every_number_once(n: int) -> None:
    """Sorting a permutation gives 0 … n − 1."""
    np.testing.assert_array_equal(np.sort(permutation(n, 1, Stream.ORDER, 0)), np.arange(n))


def test_permutations_differ_by_seed_stream_and_epoch() -> None:
    """No two of them agree in more places than chance allows."""
    orders = [
        permutation(1000, 1, Stream.ORDER, 0),
        permutation(1000, 2, Stream.ORDER, 0),
        permutation(1000, 1, Stream.SPLIT, 0),
        permutation(1000, 1, Stream.ORDER, 1),
        np.arange(1000),
    ]
    for i, order in enumerate(orders):
        for other in orders[:i]:
            assert (order == other).sum() < 10


def test_substreams_are_streams_of_their_own() -> None:
    """Every pair of stream and number is another stream; number 0 is the stream itself."""
    streams = {substream(stream, number) for stream in Stream for number in (0, 1, 2, (1 << 24) - 1)}
    assert len(streams) == 4 * len(Stream)
    assert max(streams) < 1 << 32
    assert substream(Stream.DROPOUT, 0) == Stream.DROPOUT
    with pytest.raises(ValueError, match="from 0 to 16777215, found -1"):
        substream(Stream.DROPOUT, -1)
