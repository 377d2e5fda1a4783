"""A studio that is stopped for long costs the training nothing, and is given later what it has missed."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

import psutil

from engine.protocol.client import Client
from engine.protocol.launch import LaunchedEngine
from studio.bench_turns import Meter, Spent, cost_by_turns, kept_awake, mean_and_spread, pinned, rows_of
from tests.faults.outcome import Outcome
from tests.faults.studio_process import Caught, StudioProcess, watching
from tests.supervisor.engines import running, wait_for, worker_of

ROW, FAULT, FULL = "13", "studio stalled", 20
ALONE = True
"""It measures processor time."""

PACE = 1000
"""Rows a second."""

MOST_MEMORY = 50.0  # MB more, of the engine
MOST_CPU = 0.01  # more, of the training process's CPU seconds a step

_TURNS = {True: 30, False: 2}
"""Turns of each side of a pair; in full, and in short."""

_FOLLOWS_AFTER = 0.5
"""s from looking for the engine, after which a studio follows it."""


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


def turns_of(engine: LaunchedEngine, meter: Meter) -> Callable[[bool], Spent]:
    """Return what lets a turn pass, with another stalled studio or without."""
    last = meter.read()

    def take_turn(is_watched: bool) -> Spent:
        nonlocal last
        with stalled_client(engine) if is_watched else nullcontext():
            meter.pass_time()
            now = meter.read()
        spent, last = now - last, now
        return spent

    return take_turn


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
        journal = engine.connection.parent / "run.sqlite"
        wait_for(lambda: rows_of(journal) > PACE, 60.0)
        meter = Meter(journal, worker_of(engine).pid)
        studio = stack.enter_context(stopped_studio())
        stack.enter_context(pinned(1))
        stack.enter_context(kept_awake(1))
        supervisor = psutil.Process(engine.process.pid)
        memory, begun = supervisor.memory_info().rss, time.monotonic()
        take_turn = turns_of(engine, meter)
        extra = [cost_by_turns(take_turn, _TURNS[is_full]) for _ in range(count)]
        more = (supervisor.memory_info().rss - memory) / 1e6
        stalled, missed = time.monotonic() - begun, rows_of(journal)
        caught = catch_up(studio, missed)
    mean, spread = mean_and_spread(extra)
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
