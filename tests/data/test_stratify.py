"""Parts cover all examples once, with each class in proportion."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.stratify import stratified_parts

LABELS = st.lists(st.integers(0, 5), min_size=1, max_size=200).map(lambda labels: np.array(labels, np.int32))
FRACTIONS = st.sampled_from([(0.1,), (0.2, 0.1), (0.5, 0.5), (0.0,), (1.0,)])


@settings(max_examples=50, deadline=None)
@given(labels=LABELS, fractions=FRACTIONS, seed=st.integers(0, 2**32 - 1))
def test_parts_cover_all_examples_once_and_in_proportion(
    labels: np.ndarray, fractions: tuple[float, ...], seed: int
) -> None:
    parts = stratified_parts(labels, fractions, seed)
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(labels)))
    for part, fraction in zip(parts, fractions, strict=False):
        assert np.all(np.diff(part) > 0)
        for label in np.unique(labels):
            wanted = fraction * np.count_nonzero(labels == label)
            assert abs(np.count_nonzero(labels[part] == label) - wanted) <= 1


def test_the_seed_decides_which_examples() -> None:
    labels = np.zeros(100, np.int32)
    first, again, other = (stratified_parts(labels, (0.5,), seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
