"""Divides pictures into splits by what they show, so that the same picture is never in two of them.

A picture's digest decides its place: nothing need be remembered, the order of files does not matter, and a
picture that is added moves hardly any other. What a data set divides itself is left as it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.data.dataset import SPLITS, SplitName

TEST_SHARE = 0.2
"""Of the pictures of each class, kept for the test where the data set has no test split."""


def assign_splits(
    labels: NDArray[np.int32],
    digests: Sequence[bytes],
    given: Sequence[SplitName | None],
    validation_share: float,
) -> dict[SplitName, NDArray[np.int64]]:
    """Return the positions of each split's examples, ascending.

    ``given`` is the split that the data set itself puts each example in. Where it knows of no splits, all of
    its examples are divided; where it does, examples without one are in none. A validation split without a
    test split is taken for the test: it never decides about training, then. What is missing is taken from the
    training examples, from each class in proportion, with duplicates together.
    """
    found = {split for split in given if split is not None}
    members: dict[SplitName, NDArray[np.int64]] = {
        split: np.array([place for place, of in enumerate(given) if of == split], np.int64)
        for split in SPLITS
    }
    if not found:
        members["train"] = np.arange(len(labels))
    if "test" not in found and "validation" in found:
        members["test"], members["validation"] = members["validation"], members["test"]
        found = {"test", *found} - {"validation"}
    shares = {
        "test": 0.0 if "test" in found else TEST_SHARE,
        "validation": 0.0 if "validation" in found else validation_share,
    }
    train = members["train"]
    parts = hold_out(labels[train], [digests[place] for place in train], tuple(shares.values()))
    for name, part in zip(("test", "validation"), parts, strict=False):
        if shares[name]:
            members[name] = train[part]  # type: ignore[index]
    members["train"] = train[parts[-1]]
    return members


def hold_out(
    labels: NDArray[np.int32], digests: Sequence[bytes], shares: Sequence[float]
) -> list[NDArray[np.int64]]:
    """Divide examples into one part for each share and a last one with all that are left.

    Of each class, a part gets its share, to the nearest whole number or a little more: pictures with equal
    digests stay together, whatever their classes. The parts are positions in ascending order.
    """
    same: dict[bytes, list[int]] = defaultdict(list)
    for place, value in enumerate(digests):
        same[value].append(place)
    classes = labels.tolist()
    groups: dict[int, list[list[int]]] = defaultdict(list)
    for value in sorted(same):
        groups[classes[same[value][0]]].append(same[value])
    parts: list[list[int]] = [[] for _ in range(len(shares) + 1)]
    for of_class in groups.values():
        _divide_class(of_class, shares, parts)
    return [np.array(sorted(part), np.int64) for part in parts]


def _divide_class(groups: list[list[int]], shares: Sequence[float], parts: list[list[int]]) -> None:
    total = sum(map(len, groups))
    waiting = iter(groups)
    for part, share in zip(parts, shares, strict=False):
        count = 0
        while count < int(share * total + 0.5) and (group := next(waiting, None)) is not None:
            part.extend(group)
            count += len(group)
    for group in waiting:
        parts[-1] += group
