"""An engine that is killed is told with its cause; its training process leaves, and the run goes on."""

from __future__ import annotations

import time
from pathlib import Path

from engine.errors import ConvNetError, EngineDiedError
from engine.protocol import connection as connections
from engine.protocol.client import Client
from engine.protocol.inbox import Link
from engine.protocol.messages import MetricRow, Rewound, Stop
from tests.faults.outcome import Outcome
from tests.supervisor.engines import entries_until, link_change, resumed, running

ROW, FAULT, FULL = "14", "engine dies", 5
SECONDS = 3.0


def body(count: int, folder: Path) -> Outcome:
    """Kill the engine ``count`` times; an attached client learns why, then takes up with the next one."""
    survived, slowest = 0, 0.0
    for number in range(count):
        path = folder / f"run-{number}"
        with running(path, "steps 1000000") as engine, Client(engine.connection, engine.process) as client:
            client.connect()
            client.attach()
            before = entries_until(client, lambda e: isinstance(e, MetricRow) and e.step > 110)
            begun = time.monotonic()
            engine.process.kill()
            change = link_change(client, Link.DIED)
            slowest = max(slowest, time.monotonic() - begun)
            told = isinstance(change.problem, EngineDiedError) and "SIGKILL" in str(change.problem)
            try:
                client.request(Stop())
            except ConvNetError as error:
                told = told and isinstance(error, EngineDiedError)
            found = engine.connection in connections.running()
            with resumed(path):
                after = entries_until(client, lambda e: isinstance(e, Rewound))
                after += entries_until(client, lambda e: isinstance(e, MetricRow))
        rewound = [entry for entry in before + after if isinstance(entry, Rewound)]
        survived += told and not found and len(rewound) == 1
    bar = f"cause shown ≤ {SECONDS:g} s"
    return Outcome(count, survived, bar, f"shown after {slowest:.1f} s", slowest <= SECONDS)


def test_a_killed_engine_is_told_with_its_cause(tmp_path: Path) -> None:
    assert body(1, tmp_path).holds
