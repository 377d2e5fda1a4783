"""The loader gives every example once, in an order that only seed and epoch decide."""

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from engine.data import loader
from engine.data.augmentation import Augmentation
from engine.data.dataset import Split
from engine.data.loader import Batch, Loader
from engine.data.preprocessing import Preprocessing
from engine.graph.settings import DataSettings

COUNT = 103
SPLIT = Split(
    np.random.default_rng(1).integers(0, 256, (COUNT, 4, 4, 3), dtype=np.uint8),
    np.arange(COUNT, dtype=np.int32),
)
PREPROCESSING = Preprocessing.fit(SPLIT.pictures, DataSettings(mean="picture", scale=1 / 64))


def _loader(batch_size: int = 16, seed: int = 5, split: Split = SPLIT) -> Loader:
    return Loader(split, batch_size, PREPROCESSING, seed=seed, dtype=np.float32)


def _order(batches: Iterator[Batch]) -> list[int]:
    return [position for batch in batches for position in batch.positions.tolist()]


def _loader_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("loader")]


@pytest.mark.parametrize("batch_size", [1, 16, 103, 200])
def test_every_example_comes_once_an_epoch(batch_size: int) -> None:
    assert sorted(_order(_loader(batch_size).epoch(0))) == list(range(COUNT))


def test_rows_hold_the_examples_at_their_positions() -> None:
    prepared = np.empty(SPLIT.pictures.shape, np.float32)
    PREPROCESSING.apply(SPLIT.pictures, prepared)
    for batch in _loader().epoch(3):
        assert batch.pictures.dtype == np.float32
        assert np.array_equal(batch.pictures[: batch.valid], prepared[batch.positions])
        assert np.array_equal(batch.labels[: batch.valid], SPLIT.labels[batch.positions])


def test_the_short_last_batch_is_full_size_with_zeros_after_its_valid_rows() -> None:
    *full, last = _loader().epoch(0)
    assert [batch.valid for batch in full] == [16] * 6
    assert last.valid == len(last.positions) == 7
    assert last.pictures.shape == (16, 4, 4, 3)
    assert last.labels.shape == (16,)
    assert not last.pictures[7:].any()
    assert not last.labels[7:].any()


@pytest.mark.parametrize("start", [0, 1, 16, 50, 96, 103])
def test_an_epoch_goes_on_from_any_example(start: int) -> None:
    whole = _order(_loader().epoch(2))
    assert _order(_loader().epoch(2, start)) == whole[start:]


def test_a_resume_between_batches_gives_the_same_batches() -> None:
    rest = list(_loader().epoch(2))[3:]
    for batch, expected in zip(_loader().epoch(2, 48), rest, strict=True):
        assert np.array_equal(batch.positions, expected.positions)
        assert np.array_equal(batch.pictures, expected.pictures)
        assert np.array_equal(batch.labels, expected.labels)
        assert batch.valid == expected.valid


def test_epochs_and_seeds_have_their_own_order() -> None:
    orders = [_order(_loader(seed=seed).epoch(epoch)) for seed in (5, 6) for epoch in (0, 1)]
    assert len({tuple(order) for order in orders}) == 4


def test_without_shuffling_the_order_is_that_of_the_split() -> None:
    assert _order(_loader().epoch(4, shuffle=False)) == list(range(COUNT))


@pytest.mark.parametrize("start", [-1, COUNT + 1])
def test_a_start_outside_the_epoch_is_refused_at_once(start: int) -> None:
    with pytest.raises(ValueError, match="expected 0 to 103"):
        _loader().epoch(0, start)


def _exhaust(batches: Iterator[Batch]) -> None:
    for _ in batches:
        pass


def _drop_midway(batches: Iterator[Batch]) -> None:
    next(batches)
    assert _loader_threads()


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each batch made by itself, as batches of large pictures are."""
    monkeypatch.setattr(loader, "_TOGETHER", 0)


@pytest.mark.usefixtures("one_by_one")
@pytest.mark.parametrize("use", [_exhaust, _drop_midway, iter])
def test_no_thread_outlives_its_iterator(use: Callable[[Iterator[Batch]], object]) -> None:
    use(_loader().epoch(0))
    assert not _loader_threads()


class _Broken(Split):
    def take(self, positions: np.ndarray) -> Split:
        if 40 in positions:
            raise OSError("the disk is gone")
        return super().take(positions)


@pytest.mark.usefixtures("one_by_one")
def test_an_error_of_the_thread_is_raised_at_its_batch() -> None:
    batches = _loader(split=_Broken(SPLIT.pictures, SPLIT.labels)).epoch(0, shuffle=False)
    assert next(batches).valid == next(batches).valid == 16
    with pytest.raises(OSError, match="the disk is gone"):
        next(batches)
    assert not _loader_threads()


@pytest.mark.usefixtures("one_by_one")
def test_the_next_batch_is_prepared_while_this_one_is_used() -> None:
    second_taken = threading.Event()

    class Watched(Split):
        def take(self, positions: np.ndarray) -> Split:
            if 16 in positions:
                second_taken.set()
            return super().take(positions)

    batches = _loader(split=Watched(SPLIT.pictures, SPLIT.labels)).epoch(0, shuffle=False)
    next(batches)
    assert second_taken.wait(timeout=10)


@pytest.mark.parametrize("together", [0, 3000, 4000, 2**20])
def test_batches_are_the_same_however_many_are_made_at_once(
    monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    rows = np.array([1, 4, 9, 15])
    augmentation = Augmentation(random_crop=True, mirror=True)
    made = Loader(SPLIT, 16, PREPROCESSING, seed=5, dtype=np.float32, augmentation=augmentation, rows=rows)
    expected = list(made.epoch(1, 5))
    monkeypatch.setattr(loader, "_TOGETHER", together)
    for batch, other in zip(made.epoch(1, 5), expected, strict=True):
        assert np.array_equal(batch.positions, other.positions)
        assert np.array_equal(batch.pictures, other.pictures)
        assert np.array_equal(batch.labels, other.labels)
        assert batch.valid == other.valid


@pytest.mark.parametrize("rows", [[0, 1, 2], [3, 8, 9], [9], []])
def test_a_rank_gets_the_pictures_of_its_rows_alone(rows: list[int]) -> None:
    whole = Loader(SPLIT, 10, PREPROCESSING, seed=3, dtype=np.float32)
    own = Loader(SPLIT, 10, PREPROCESSING, seed=3, dtype=np.float32, rows=np.array(rows, np.int64))
    for batch, part in zip(whole.epoch(1), own.epoch(1), strict=True):
        assert np.array_equal(part.pictures, batch.pictures[rows])
        assert np.array_equal(part.labels, batch.labels)
        assert part.valid == batch.valid
