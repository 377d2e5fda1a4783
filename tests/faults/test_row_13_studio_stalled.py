"""A studio that is stopped for long costs the training nothing, and is given later what it has missed."""

from __future__ import annotations

import math
import signal
import sqlite3
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray

from engine.protocol.client import Client
from engine.protocol.launch import LaunchedEngine
from engine.protocol.processes import processor_seconds
from tests.faults.outcome import Outcome
from tests.faults.processor import pinned
from tests.faults.studio_process import Caught, StudioProcess, watching
from tests.supervisor.engines import running, wait_for, worker_of

ROW, FAULT, FULL = "13", "studio stalled", 20
ALONE = True
"""It measures processor time."""

PACE = 1000
"""Rows a second."""

MOST_MEMORY = 50.0  # MB more, of the engine
MOST_CPU = 0.01  # more, of the training process's CPU seconds a step

_SPELL = 0.5
"""s that the training process is measured at a stretch."""

_SPELLS = {True: 30, False: 2}
"""Spells of each side of a pair; in full, and in short."""

_FOLLOWS_AFTER = 0.5
"""s from looking for the engine, after which a studio follows it."""

_T_95 = 2.093
"""Student's t for an interval of 95 % from 20 pairs (19 degrees of freedom)."""


def rows_of(engine: LaunchedEngine) -> int:
    """Return how many rows the journal has."""
    path = engine.connection.parent / "run.sqlite"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT max(step) FROM metric").fetchone()[0] or 0)


def await_commit(engine: LaunchedEngine) -> int:
    """Wait for further rows in the journal, which come many at once, and return how many it has then."""
    before = rows_of(engine)
    while (rows := rows_of(engine)) == before:
        time.sleep(0.005)
    return rows


def reading(engine: LaunchedEngine) -> NDArray[np.float64]:
    """Return the training process's CPU seconds and the rows of the journal, at the next commit."""
    rows = await_commit(engine)
    return np.array([processor_seconds(worker_of(engine).pid), rows])


@contextmanager
def stopped_studio() -> Iterator[StudioProcess]:
    """Start a studio on the second core, and suspend it once it has begun to follow the engine."""
    with ExitStack() as stack:
        with pinned(1):
            studio = stack.enter_context(watching())
        studio.await_attaching()
        time.sleep(_FOLLOWS_AFTER)
        studio.process.send_signal(signal.SIGSTOP)
        yield studio


def extra_cost(engine: LaunchedEngine, pairs: int, spells: int) -> list[float]:
    """Return by which fraction a step costs more with another stalled studio than without, for each pair.

    Of a pair, each side is ``spells`` short spells, by turns: what other guests take from the machine counts
    as processor time here, and comes and goes within seconds.
    """
    found = []
    last = reading(engine)
    for _ in range(pairs):
        spent = {True: np.zeros(2), False: np.zeros(2)}
        for number in range(2 * spells):
            is_watched = number % 4 in (0, 3)
            with stalled_client(engine) if is_watched else nullcontext():
                time.sleep(_SPELL)
                now = reading(engine)
            spent[is_watched] += now - last
            last = now
        (seconds, rows), (seconds_alone, rows_alone) = spent[True], spent[False]
        found.append(float(seconds / rows / (seconds_alone / rows_alone)) - 1)
    return found


@contextmanager
def stalled_client(engine: LaunchedEngine) -> Iterator[None]:
    """Have a client follow the engine that takes nothing of what it is sent, as a stopped studio does."""
    with Client(engine.connection) as client:
        client.connect()
        client.attach()
        yield


def catch_up(studio: StudioProcess, rows: int) -> Caught:
    """Let a studio go on until it shows so many rows, if it ever does."""
    studio.process.send_signal(signal.SIGCONT)
    caught = studio.catch_up()
    deadline = time.monotonic() + 60.0
    while caught.rows < rows and time.monotonic() < deadline:
        time.sleep(0.1)
        caught = studio.ask()
    return caught


def body(count: int, folder: Path) -> Outcome:
    """Stop one studio throughout, and have another stalled half of the time, in ``count`` pairs."""
    is_full = count >= FULL
    with ExitStack() as stack:
        with pinned(0):
            engine = stack.enter_context(running(folder / "run", f"work {PACE}"))
        wait_for(lambda: rows_of(engine) > PACE, 60.0)
        studio = stack.enter_context(stopped_studio())
        stack.enter_context(pinned(1))
        supervisor = psutil.Process(engine.process.pid)
        memory, begun = supervisor.memory_info().rss, time.monotonic()
        extra = extra_cost(engine, count, _SPELLS[is_full])
        more = (supervisor.memory_info().rss - memory) / 1e6
        stalled, missed = time.monotonic() - begun, rows_of(engine)
        caught = catch_up(studio, missed)
    mean = statistics.mean(extra)
    spread = _T_95 * statistics.stdev(extra) / math.sqrt(count) if is_full else math.inf
    is_back = caught.whole and caught.rows >= missed
    return Outcome(
        count,
        count if is_back else 0,
        f"no gap; < {MOST_MEMORY:g} MB; a step < {100 * MOST_CPU:g} % more CPU (95 %)",
        f"{stalled:.0f} s; {caught.rows} of {missed} rows, {'no' if caught.whole else 'a'} gap; "
        f"{more:+.1f} MB; {100 * mean:+.2f} ± {100 * spread:.2f} % CPU",
        more < MOST_MEMORY and (mean + spread < MOST_CPU or not is_full),
    )


def test_a_stalled_studio_costs_no_memory_and_is_given_later_what_it_missed(tmp_path: Path) -> None:
    assert body(1, tmp_path).holds
