"""All ranks compute with the kernels that rank 0 has chosen, plain ones included."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from engine.parallel.communicators.local import LocalCommunicator, run_ranks
from engine.parallel.team import Team
from engine.plan.compile.pipeline import choices_of, compile_network
from engine.training import alike
from engine.training.alike import compile_alike, precision_for_all
from tests.training.running import network


def test_where_rank_0_found_all_plain_kernels_quickest_all_take_them() -> None:
    """Only rank 0 tries kernels out; what it found, the others do not find anew, even if it is nothing."""

    def compile_for(line: LocalCommunicator, batch_size: int, **how: Any) -> Any:
        code = "" if line.rank == 0 else "plain"
        return compile_network(network().graph, batch_size, code=code, **how)

    def work(line: LocalCommunicator) -> dict[str, str]:
        return choices_of(compile_alike(partial(compile_for, line), 8, None, Team(line)))

    assert run_ranks(2, work) == [{}, {}]


def test_all_multiply_with_what_the_least_able_device_can(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU of an older make beside a newer one: left to each, they would sum up unlike numbers."""
    best = {"cuda:0": "bfloat16", "cuda:1": "float32", "cuda:2": "bfloat16"}
    monkeypatch.setattr(alike, "best_precision", lambda device, asked: best[device])

    def work(line: LocalCommunicator) -> str:
        return precision_for_all(f"cuda:{line.rank}", "auto", Team(line))

    assert run_ranks(3, work) == ["float32"] * 3
    best["cuda:1"] = "bfloat16"
    assert run_ranks(3, work) == ["bfloat16"] * 3
