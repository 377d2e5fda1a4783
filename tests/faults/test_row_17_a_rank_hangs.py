"""A rank that hangs is noticed, and all are ended; it is named, and the run goes on."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from tests.faults.outcome import Outcome
from tests.faults.ranks import harm_ranks, needs_mpi, needs_two_gpus

ROW, FAULT, FULL = "17", "a rank hangs", 20


def body(count: int, folder: Path) -> Outcome:
    """Suspend one of four ranks, ``count`` times."""
    return harm_ranks(count, folder, psutil.Process.suspend)


@needs_mpi
def test_a_rank_that_hangs_stops_all(tmp_path: Path) -> None:
    assert body(1, tmp_path).holds


@pytest.mark.gpu
@needs_mpi
def test_a_rank_on_a_gpu_that_hangs_stops_all(tmp_path: Path) -> None:
    """Others wait for it in NCCL, on their GPUs."""
    needs_two_gpus()
    outcome = harm_ranks(1, tmp_path, psutil.Process.suspend, "cuda:0,cuda:1")
    assert outcome.holds, outcome.measured
