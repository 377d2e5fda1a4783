"""What something costs a process in processor time a step, measured by turns with it and without.

What other guests of the host take, and how fast a core just is, comes and goes within seconds, and counts as
processor time here. So each pair is many short turns of both kinds, compared as a whole.

A core that idles may weigh on the one beside it: its kernel tries in vain to take over what is pinned there,
and waking it is work for whoever wakes it. What is measured keeps it from idling, too, and so might seem to
cost less than nothing, as it did at times. Hence no core idles in turns of either kind: see ``kept_awake``.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from math import inf, sqrt
from pathlib import Path
from statistics import mean, stdev

import numpy as np
from numpy.typing import NDArray

from engine.protocol.processes import processor_seconds

TURN = 0.5
"""s of a turn."""

Spent = NDArray[np.float64]
"""Processor time in s, and steps."""

_LOOK_EVERY = 0.005  # s
_CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
_NORMAL_95 = 1.96
_SPIN = """
import os, sys
if hasattr(os, "SCHED_IDLE"):
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
while os.getppid() == int(sys.argv[1]):
    pass
"""


def rows_of(journal: Path) -> int:
    """Return how many rows a run's journal has: a row a step."""
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as database:
        newest = database.execute("SELECT step FROM metric ORDER BY sequence DESC LIMIT 1").fetchone()
    return 0 if newest is None else int(newest[0])


class Meter:
    """Reads what the training process ``pid`` has spent. ``rest`` is what to do while time passes."""

    def __init__(
        self, journal: Path, pid: int, rest: Callable[[], None] = lambda: time.sleep(_LOOK_EVERY)
    ) -> None:
        self._journal, self._pid, self._rest = journal, pid, rest

    def read(self) -> Spent:
        """Return what was spent so far, once there are further rows in the journal: many come at once."""
        before = rows_of(self._journal)
        while (rows := rows_of(self._journal)) == before:
            self._rest()
        return np.array([processor_seconds(self._pid), rows])

    def pass_time(self, seconds: float = TURN) -> None:
        """Let time pass."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._rest()


def cost_by_turns(take_turn: Callable[[bool], Spent], turns: int, begins_with: bool = True) -> float:
    """Return by which fraction a step costs more with it than without, as a pair of ``turns`` of each shows.

    ``take_turn`` lets a turn pass, with it or without, and returns what was spent meanwhile. The order is
    with, without, without, with, and so on, or the other way round: a steady change weighs on both alike.
    """
    spent = {True: np.zeros(2), False: np.zeros(2)}
    for number in range(2 * turns):
        is_with = (number % 4 in (0, 3)) == begins_with
        spent[is_with] += take_turn(is_with)
    (seconds, steps), (seconds_without, steps_without) = spent[True], spent[False]
    return float(seconds / steps / (seconds_without / steps_without)) - 1


def mean_and_spread(costs: list[float]) -> tuple[float, float]:
    """Return the mean, and half of its interval of 95 %; of a single pair nothing is known of that."""
    count = len(costs)
    return mean(costs), student_95(count) * stdev(costs) / sqrt(count) if count > 1 else inf


def student_95(count: int) -> float:
    """Return Student's t for an interval of 95 %, by Fisher's expansion: within 1 % from 7 values on."""
    z, freedom = _NORMAL_95, count - 1
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Let this thread, and what it starts, run on one core, where that can be asked for."""
    if not _CORES:
        yield
        return
    before = os.sched_getaffinity(0)
    with suppress(OSError):
        os.sched_setaffinity(0, {_CORES[core % len(_CORES)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def kept_awake(core: int) -> Iterator[None]:
    """Keep a core from idling, by a process that runs only while nothing else wants to."""
    with pinned(core):
        spinning = subprocess.Popen([sys.executable, "-c", _SPIN, str(os.getpid())])
    try:
        yield
    finally:
        spinning.kill()
        spinning.wait()
