"""Sums arrays up over ranks by exchanges alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from engine.parallel.communicators.communicator import Communicator


def parts(size: int, count: int) -> list[tuple[int, int]]:
    """Return the ranges of ``size`` elements that each of ``count`` ranks sums up."""
    return list(pairwise(size * number // count for number in range(count + 1)))


def summer(line: Communicator, arrays: Sequence[Any], ranks: Sequence[int]) -> Callable[[], None]:
    """Return a call as :meth:`Communicator.summer` describes it: each rank sums up its part for all.

    Each of K ranks sends 2 (K − 1) / K of the arrays. Terms are added in the order of the ranks. Source:
    Rabenseifner 2004, "Optimization of collective reduction operations".
    """
    whole = np.empty_like(arrays[0], shape=(sum(array.size for array in arrays),))
    ends = accumulate(array.size for array in arrays)
    places = [whole[end - array.size : end] for end, array in zip(ends, arrays, strict=True)]
    shares = dict(
        zip(ranks, (whole[first:last] for first, last in parts(whole.size, len(ranks))), strict=True)
    )
    own = shares.pop(line.rank)
    received = {rank: np.empty_like(own) for rank in shares}
    terms = [received.get(rank, own) for rank in ranks]
    total = np.empty_like(own)

    def call() -> None:
        for array, place in zip(arrays, places, strict=True):
            np.copyto(place, array)
        line.exchange(list(shares.items()), list(received.items()))
        np.copyto(total, terms[0])
        for term in terms[1:]:
            np.add(total, term, out=total)
        np.copyto(own, total)
        line.exchange([(rank, own) for rank in shares], list(shares.items()))
        for array, place in zip(arrays, places, strict=True):
            np.copyto(array, place)

    return call
