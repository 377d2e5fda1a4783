"""Sequences of phases: the same for any number of threads, chained only where that is safe."""

from __future__ import annotations

from threading import Thread

import numpy as np
import pytest

from kernels.cpu.vector import threads
from kernels.cpu.vector.generated import BoundPhase, Extent, Launch, Phase
from kernels.cpu.vector.threads import PhaseSequence, Pool, chained
from kernels.registry import find
from tests.kernels.cpu.vector.against_numpy import numbers

A, B, C = Extent(0, 100), Extent(100, 200), Extent(200, 300)


def conv_launches() -> tuple[list[Launch], list[np.ndarray]]:
    """Return a forward and both gradients of a convolution, and what they write."""
    x, weights, dy = numbers((20, 6, 7, 5), 1), numbers((9, 3, 3, 5), 2), numbers((20, 6, 7, 9), 3)
    biases, y = numbers((9,), 4), np.zeros_like(dy)
    dx, dweights = np.zeros_like(x), np.zeros_like(weights)
    launches = []
    for operation, arrays in (
        ("conv.forward", {"x": x, "weights": weights, "biases": biases, "y": y}),
        ("conv.backward_data", {"dy": dy, "weights": weights, "dx": dx}),
        ("conv.backward_weights", {"x": x, "dy": dy, "dweights": dweights}),
    ):
        shapes = {name: array.shape for name, array in arrays.items()}
        attributes = {"stride": (1, 1), "padding": (1, 1)}
        built = find(operation, "cpu").build(shapes, attributes, "float32", "plain")
        assert built is not None
        scratch = {name: np.empty(shape, np.float32) for name, shape in built.workspace.items()}
        launch = built.bind("plain", {**arrays, **scratch})
        assert isinstance(launch, Launch)
        launches.append(launch)
    return launches, [y, dx, dweights]


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_results_are_the_same_for_any_number_of_threads(count: int) -> None:
    """Bit for bit, in each of many replays."""
    launches, results = conv_launches()
    Pool(1).run(PhaseSequence(launches))
    expected = [array.copy() for array in results]
    pool, sequence = Pool(count), PhaseSequence(launches)
    for _ in range(20):
        for array in results:
            array.fill(np.nan)
        pool.run(sequence)
        for array, wanted in zip(results, expected, strict=True):
            np.testing.assert_array_equal(array, wanted)


def test_several_callers_take_turns() -> None:
    """Sequences that are run from several Python threads at once do not disturb one another."""
    pool = Pool(2)
    faults: list[int] = []

    def run() -> None:
        launches, results = conv_launches()
        sequence = PhaseSequence(launches)
        pool.run(sequence)
        expected = [array.copy() for array in results]
        for _ in range(20):
            pool.run(sequence)
            faults.extend(
                0
                for array, wanted in zip(results, expected, strict=True)
                if not np.array_equal(array, wanted)
            )

    callers = [Thread(target=run) for _ in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert not faults


def phase(
    reads: tuple[Extent, ...], writes: tuple[Extent, ...], *, images: int = 8, early: bool = False
) -> BoundPhase:
    """Return a phase that touches this memory."""
    return BoundPhase(
        Phase("", 4, (), (), lambda code, arguments: None, images=images, early=early),
        function=lambda: 0,
        arguments=0,
        reads=reads,
        writes=writes,
    )


def test_phases_by_images_follow_one_another_group_by_group() -> None:
    """They are one chain where they hand whole arrays on."""
    first, second = phase((A,), (B,)), phase((B,), (C,))
    assert chained([first, second]) == [[first, second]]


def test_memory_that_is_used_again_breaks_a_chain() -> None:
    """Where a phase writes over other images of what the one before it reads, it must wait for all of it."""
    first, second = phase((Extent(0, 100),), (B,)), phase((B,), (Extent(50, 80),))
    assert chained([first, second]) == [[first], [second]]


def test_other_groups_break_a_chain() -> None:
    """Phases that go by something else wait for all that comes before."""
    first, second = phase((A,), (B,)), phase((B,), (C,), images=0)
    assert chained([first, second]) == [[first], [second]]


def test_early_phases_go_before_a_chain() -> None:
    """Weights are prepared before the chain that they would break, unless the chain makes them."""
    first, early = phase((A,), (B,)), phase((Extent(400, 500),), (C,), images=0, early=True)
    assert chained([first, early]) == [[early], [first]]
    assert chained([first, early, phase((B, C), (B,))])[0] == [early]
    of_chain = phase((B,), (C,), images=0, early=True)
    assert chained([first, of_chain])[0] == [first]


@pytest.mark.parametrize(("setting", "count"), [("1", 1), ("3", 3)])
def test_the_number_of_threads_can_be_set(monkeypatch: pytest.MonkeyPatch, setting: str, count: int) -> None:
    """By the environment."""
    monkeypatch.setenv(threads.SETTING, setting)
    assert threads.thread_count() == count


@pytest.mark.parametrize("setting", ["0", "two", "-1"])
def test_a_wrong_number_of_threads_is_refused(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    """With what was expected."""
    monkeypatch.setenv(threads.SETTING, setting)
    with pytest.raises(ValueError, match="expected a number"):
        threads.thread_count()
