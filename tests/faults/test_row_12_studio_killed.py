"""A studio that is killed harms no training; the next one shows every row, each once."""

from __future__ import annotations

import random
import time
from pathlib import Path

from engine.protocol.client import Client
from engine.protocol.messages import MetricRow
from tests.faults.outcome import Outcome
from tests.faults.studio_process import Caught, watching
from tests.supervisor.engines import entries_until, running, worker_of

ROW, FAULT, FULL = "12", "studio killed", 50
ALONE = True
"""It measures how soon a studio is back."""

SECONDS = 2.0
"""s from looking for the engine to showing all that it has, at most."""

PACE = 50
"""Rows a second: at the end of the full number eight times what a long training keeps."""


def body(count: int, folder: Path) -> Outcome:
    """Kill the studio ``count`` times, as it attaches or when it shows all; at last one is left alone."""
    chance = random.Random(12)
    caught: list[Caught] = []
    with running(folder / "run", f"pace {PACE}") as engine:
        with Client(engine.connection) as client:
            client.connect()
            client.attach()
            entries_until(client, lambda entry: isinstance(entry, MetricRow))
        worker = worker_of(engine)
        for number in range(count + 1):
            with watching() as studio:
                studio.await_attaching()
                if number % 2 or number == count:
                    caught.append(studio.catch_up())
                time.sleep(chance.uniform(0.0, 0.3))
        is_undisturbed = engine.process.poll() is None and worker.is_running()
    torn = sum(not found.whole for found in caught)
    slowest = max(found.seconds for found in caught)
    return Outcome(
        count,
        count if is_undisturbed and not torn else 0,
        f"0 gaps or duplicates; ≤ {SECONDS:g} s",
        f"{torn} with a gap or a duplicate, of up to {caught[-1].rows} rows; back after {slowest:.1f} s",
        slowest <= SECONDS,
    )


def test_a_killed_studio_is_followed_by_one_that_shows_all(tmp_path: Path) -> None:
    assert body(1, tmp_path).holds
