"""Splits are in proportion, the same each time, and never share a picture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.digest import digest
from engine.data.divide import TEST_SHARE, assign_splits, hold_out

CONTENTS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 60)), min_size=1, max_size=150)


@settings(max_examples=60, deadline=None)
@given(examples=CONTENTS, shares=st.sampled_from([(0.2, 0.1), (0.0, 0.5), (0.9,), ()]))
def test_parts_cover_all_examples_once_with_duplicates_together(
    examples: list[tuple[int, int]], shares: tuple[float, ...]
) -> None:
    labels = np.array([label for label, _ in examples], np.int32)
    digests = [digest(bytes([content])) for _, content in examples]
    parts = hold_out(labels, digests, shares)
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(examples)))
    seen = [{digests[place] for place in part} for part in parts]
    assert sum(map(len, seen)) == len(set(digests))


@pytest.mark.parametrize("count", [10, 57, 1000])
def test_without_duplicates_each_class_gets_its_share(count: int) -> None:
    labels = np.arange(3 * count, dtype=np.int32) % 3
    test, validation, train = hold_out(
        labels, [digest(b"%d" % place) for place in labels.cumsum()], (0.2, 0.1)
    )
    del test, validation, train
    digests = [digest(b"%d" % place) for place in range(3 * count)]
    parts = hold_out(labels, digests, (0.2, 0.1))
    for label in range(3):
        counts = [np.count_nonzero(labels[part] == label) for part in parts]
        assert counts[:2] == [int(0.2 * count + 0.5), int(0.1 * count + 0.5)]


def test_the_order_of_files_does_not_matter_and_one_more_moves_few() -> None:
    labels = np.zeros(500, np.int32)
    digests = [digest(b"%d" % place) for place in range(500)]
    test = {digests[place] for place in hold_out(labels, digests, (0.2,))[0]}
    assert {digests[-1 - place] for place in hold_out(labels, digests[::-1], (0.2,))[0]} == test
    more = [*digests, digest(b"more")]
    moved = test ^ {more[place] for place in hold_out(np.zeros(501, np.int32), more, (0.2,))[0]}
    assert len(moved - {more[-1]}) <= 1


def _split(given: list[str | None], share: float = 0.25) -> dict[str, list[int]]:
    labels = np.zeros(len(given), np.int32)
    digests = [digest(b"%d" % place) for place in range(len(given))]
    members = assign_splits(labels, digests, given, share)  # type: ignore[arg-type]
    return {name: members[name].tolist() for name in ("train", "validation", "test")}


def test_without_splits_all_are_divided() -> None:
    split = _split([None] * 40)
    assert (len(split["test"]), len(split["validation"])) == (40 * TEST_SHARE, 10)


def test_given_splits_are_kept_and_those_without_one_left_out() -> None:
    split = _split(["train", "test", "validation", None] * 5)
    assert split == {
        name: list(range(first, 20, 4)) for first, name in enumerate(["train", "validation", "test"])
    } | {
        "validation": list(range(2, 20, 4)),
        "test": list(range(1, 20, 4)),
    }


def test_validation_is_taken_from_the_training_pictures() -> None:
    split = _split(["train"] * 20 + ["test"] * 5)
    assert split["test"] == list(range(20, 25))
    assert (len(split["train"]), len(split["validation"])) == (15, 5)


def test_a_validation_split_alone_is_the_test() -> None:
    split = _split(["train"] * 20 + ["validation"] * 5)
    assert split["test"] == list(range(20, 25))
    assert (len(split["train"]), len(split["validation"])) == (15, 5)


def test_without_a_share_nothing_is_held_out() -> None:
    split = _split(["train"] * 20 + ["test"] * 5, share=0.0)
    assert (len(split["train"]), len(split["validation"])) == (20, 0)
