"""A studio that is killed leaves all but the last seconds of the unsaved edits to be recovered."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from studio.models.recovery import left_behind
from studio.qt.autosave import PERIOD
from tests.faults.outcome import Outcome

ROW, FAULT, FULL = "39", "studio killed with unsaved edits", 50

BAR = 15.0
"""Seconds of edits that may be lost."""


def kill(folder: Path, period: int, after: float) -> float:
    """Kill an editing studio ``after`` seconds; return over how many seconds the lost edits were made."""
    state = folder / "state"
    command = [sys.executable, "-m", "tests.faults.editing_studio", str(period)]
    environment = {**os.environ, "XDG_STATE_HOME": str(state), "QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as studio:
        assert studio.stdout is not None
        made = [studio.stdout.readline()]
        killer = threading.Timer(after, studio.kill)
        killer.start()
        made += studio.stdout.readlines()
        killer.join()
        studio.wait()
    edits = [line.split() for line in made if line.endswith("\n")]
    found = left_behind(state / "ConvNet Studio" / "recovery")
    kept = int(found[0].network.graph["conv1"].filters) if found else 0  # type: ignore[attr-defined]
    lost = [float(moment) for number, moment in edits if int(number) > kept]
    return lost[-1] - lost[0] if lost else 0.0


def body(count: int, folder: Path, period: int = PERIOD, longest: float = 25.0) -> Outcome:
    """Kill studios at random moments, some at a time; without copies most would lose more than the bar."""
    chance = random.Random(39)
    moments = [chance.uniform(0.2, longest) for _ in range(count)]
    with ThreadPoolExecutor(5) as pool:
        jobs = [
            pool.submit(kill, folder / str(number), period, moment) for number, moment in enumerate(moments)
        ]
        losses = [job.result() for job in jobs]
    within = sum(loss <= BAR for loss in losses)
    return Outcome(count, within, f"≤ {BAR:g} s lost", f"{max(losses):.1f} s lost at most")


def test_edits_of_a_killed_studio_can_be_recovered(tmp_path: Path) -> None:
    assert kill(tmp_path, 100, 2.0) < 2.0
