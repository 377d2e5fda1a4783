"""When the supervisor is killed its training process leaves; a new one waits, and the curves have no gap."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import time
from pathlib import Path

import psutil
import pytest

from engine import checkpoint
from engine.protocol.internal import ResumeRun
from engine.protocol.launch import launch
from tests.faults.outcome import Outcome
from tests.faults.ranks import needs_mpi, ranks_of, training
from tests.supervisor.engines import LINGER, ending, start, wait_for, worker_of

ROW, FAULT, FULL = "41", "supervisor killed", 50
SECONDS = 5.0


def is_whole(folder: Path) -> bool:
    """Whether the journal leads without a gap to the newest checkpoint, and beyond it."""
    found = checkpoint.find_latest(folder / "checkpoints")
    with sqlite3.connect(folder / "run.sqlite") as database:
        steps = [step for (step,) in database.execute("SELECT step FROM curve ORDER BY sequence")]
    return steps == list(range(1, len(steps) + 1)) and (found is None or found.state.step <= len(steps))


def newest_checkpoint(folder: Path) -> int:
    """Return when the newest checkpoint was written, in ns; 0 without one. Old ones go meanwhile."""
    times = [0]
    for manifest in folder.glob("checkpoints/*.json"):
        with contextlib.suppress(FileNotFoundError):
            times.append(manifest.stat().st_mtime_ns)
    return max(times)


def body(count: int, folder: Path) -> Outcome:
    """Kill a run's supervisor ``count`` times, each time soon after a checkpoint; resume it at once."""
    chance = random.Random(41)
    path = folder / "run"
    engine = start(path, "steps 100000000")
    survived, slowest = 0, 0.0
    for _ in range(count):
        with ending(engine):
            wait_for(lambda engine=engine: bool(psutil.Process(engine.process.pid).children()))
            worker = worker_of(engine)
            newest = newest_checkpoint(path)
            wait_for(lambda newest=newest: newest_checkpoint(path) > newest)
            time.sleep(chance.uniform(0, 0.05))
            engine.process.kill()
            begun = time.monotonic()
            engine.process.wait()
            successor = launch(ResumeRun(str(path), None, LINGER))
            is_alone = not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE
            psutil.wait_procs([worker], timeout=SECONDS)
            slowest = max(slowest, time.monotonic() - begun)
            survived += is_alone and not worker.is_running()
        engine = successor
    with ending(engine):
        pass
    whole = is_whole(path)
    bar = f"left ≤ {SECONDS:g} s; 0 orphans; 0 double writers; no gap"
    measured = f"left after {slowest:.1f} s; {'no' if whole else 'a'} gap"
    return Outcome(count, survived, bar, measured, slowest <= SECONDS and whole)


@needs_mpi
@pytest.mark.parametrize("victim", ["supervisor", "launcher"])
def test_no_rank_outlives_those_who_started_it(tmp_path: Path, victim: str) -> None:
    with training(tmp_path / "run", "cpu:4") as engine:
        wait_for(lambda: len(ranks_of(engine)) == 4, 30.0)
        ranks = ranks_of(engine)
        supervisor = psutil.Process(engine.process.pid)
        (launcher,) = supervisor.children()
        (supervisor if victim == "supervisor" else launcher).kill()
        gone, left = psutil.wait_procs([*ranks, launcher], timeout=SECONDS)
        assert (len(gone), left) == (4 + 1, [])


def test_a_killed_supervisor_takes_its_training_process_along(tmp_path: Path) -> None:
    assert body(2, tmp_path).holds
