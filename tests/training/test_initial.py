"""Starting weights: pinned, so that a network starts alike on every machine and in every version."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from engine.layers.base import Initial, Learning, WeightSpec
from engine.training import initial
from engine.training.initial import initial_weights
from kernels.philox import Stream, integers64, normal, substream


def spec(shape: tuple[int, ...], start: Initial) -> WeightSpec:
    return WeightSpec("weights", shape, tuple(f"axis{i}" for i in range(len(shape))), start, Learning())


NORMAL = Initial("normal", deviation=0.5)

PINNED = [
    [0.5085466489261378, -0.801906726831809, -0.2905271115592389],
    [0.08057115244693179, 0.7832776269217576, -0.1939094980357144],
]
INTEGERS = "ea6fa6f6855f09fc70dfb1ab9419787ec595899fc791a3a18d50358b5800822c"


def test_values_are_pinned() -> None:
    """Philox's integers are exact everywhere; its normal numbers are within 2 ulp."""
    values = initial_weights(spec((2, 3), NORMAL), number=4, seed=7)
    np.testing.assert_allclose(values, PINNED, rtol=1e-14)


def test_arrays_differ_by_number_and_seed_and_nothing_else() -> None:
    one = initial_weights(spec((50,), NORMAL), 0, 0)
    assert np.array_equal(one, initial_weights(spec((50,), NORMAL), 0, 0))
    assert np.array_equal(one, initial_weights(spec((5, 10), NORMAL), 0, 0).reshape(-1))
    assert np.array_equal(one[:30], initial_weights(spec((30,), NORMAL), 0, 0))
    assert not np.any(one == initial_weights(spec((50,), NORMAL), 1, 0))
    assert not np.any(one == initial_weights(spec((50,), NORMAL), 0, 1))


def test_large_arrays_are_drawn_group_by_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """Group g has position g: a rank that holds a part can draw it alone."""
    monkeypatch.setattr(initial, "_GROUP", 16)
    values = initial_weights(spec((40,), Initial("normal", deviation=1.0)), 3, 9)
    for group, first in enumerate((0, 16, 32)):
        count = min(16, 40 - first)
        expected = normal(count, seed=9, stream=substream(Stream.WEIGHTS, 3), position=group)
        assert np.array_equal(values[first : first + count], expected)


@pytest.mark.parametrize("distribution", ["normal", "uniform", "constant"])
def test_values_of_another_type_are_those_of_float64_rounded(distribution: str) -> None:
    start = Initial(distribution, mean=0.1, deviation=0.3)  # type: ignore[arg-type]
    values = initial_weights(spec((30, 7), start), 2, 3, np.float32)
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, initial_weights(spec((30, 7), start), 2, 3).astype(np.float32))


def test_mean_and_deviation() -> None:
    values = initial_weights(spec((200, 500), Initial("normal", mean=2.0, deviation=0.5)), 0, 1)
    assert abs(values.mean() - 2.0) < 4 * 0.5 / np.sqrt(values.size)
    assert abs(values.std() - 0.5) < 0.005


@pytest.mark.parametrize(
    "start", [Initial("constant", mean=0.25), Initial("normal", mean=0.25, deviation=0.0)]
)
def test_constants(start: Initial) -> None:
    assert np.array_equal(initial_weights(spec((3, 2), start), 0, 0), np.full((3, 2), 0.25))


def test_the_uniform_distribution_has_the_deviation_that_it_says() -> None:
    values = initial_weights(spec((100_000,), Initial("uniform", deviation=0.5)), 0, 1)
    assert abs(values.std() - 0.5) < 0.005
    assert np.abs(values).max() <= 0.5 * np.sqrt(3)


def test_the_bits_of_the_underlying_integers_are_pinned() -> None:
    integers = integers64(64, seed=7, stream=substream(Stream.WEIGHTS, 4))
    assert hashlib.sha256(integers.astype("<u8").tobytes()).hexdigest() == INTEGERS
