"""A training of 1,000 rows a second, watched by a client, costs the engine's own process next to nothing."""

from __future__ import annotations

import time
from pathlib import Path

import psutil

from engine.protocol.client import Client
from engine.protocol.messages import Entries, MetricRow
from engine.protocol.processes import processor_seconds
from tests.faults.outcome import Outcome
from tests.supervisor.engines import entries_until, events, running

ROW, FAULT, FULL = "–", "1,000 events a second", 20
ALONE = True
"""It measures processor time."""

SHARE = 0.10
"""Of a core that the supervisor may take, at most."""

PACE = 1000
"""Rows a second."""


def body(count: int, folder: Path) -> Outcome:
    """Measure ``count`` seconds of a training; what a client is sent must keep pace."""
    with running(folder / "run", f"pace {PACE}") as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries_until(client, lambda entry: isinstance(entry, MetricRow) and entry.step > PACE)
        supervisor = psutil.Process(engine.process.pid)
        cpu, begun = processor_seconds(supervisor.pid), time.monotonic()
        rows = sum(len(event.entries) for event in events(client, count) if isinstance(event, Entries))
        seconds = time.monotonic() - begun
        share = (processor_seconds(supervisor.pid) - cpu) / seconds
    return Outcome(
        count,
        count if rows > 0.9 * PACE * seconds else 0,
        f"the supervisor takes ≤ {SHARE:.0%} of a core".replace("%", " %"),
        f"{100 * share:.1f} % of a core at {rows / seconds:.0f} rows/s",
        share <= SHARE,
    )
