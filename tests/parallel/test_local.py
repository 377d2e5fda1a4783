"""Ranks that are threads exchange arrays, and fail together."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import PlanError, RankError
from engine.graph.presets import preset_split
from engine.parallel.communicators.communicator import Communicator
from engine.parallel.communicators.local import run_ranks
from engine.plan.compile.pipeline import compile_network
from engine.runtime.executor import Executor
from tests.graph.networks import small_graph


def test_messages_between_two_ranks_keep_their_order() -> None:
    """Each rank gets from each other what was sent first first, whatever it does with its arrays then."""

    def work(line: Communicator) -> list[float]:
        others = [rank for rank in range(line.size) if rank != line.rank]
        mine = np.zeros(1)
        got = []
        for turn in range(3):
            mine[0] = 10 * line.rank + turn
            received = [(rank, np.empty(1)) for rank in others]
            line.exchange([(rank, mine) for rank in others], received)
            got += [float(array[0]) for _, array in received]
        return got

    assert run_ranks(3, work) == [
        [10 * other + turn for turn in range(3) for other in range(3) if other != rank] for rank in range(3)
    ]


def test_ranks_that_wait_for_one_that_failed_end() -> None:
    """What is raised is what the one that failed has raised."""
    ended = []

    def work(line: Communicator) -> None:
        if line.rank == 1:
            raise ZeroDivisionError("rank 1")
        try:
            line.exchange([], [(1, np.empty(1))])
        except RankError as error:
            ended.append(str(error))
            raise

    with pytest.raises(ZeroDivisionError, match="rank 1"):
        run_ranks(3, work)
    assert len(ended) == 2
    assert all(text.startswith("Rank 1: it has failed") for text in ended)


def test_a_split_is_not_run_on_another_number_of_devices() -> None:
    """An executor wants a line to as many ranks as its plan has."""
    split = preset_split(small_graph(), "data", ("A", "B"))
    with pytest.raises(PlanError, match="expected 2 ranks"):
        Executor(compile_network(small_graph(), 8, split=split))
