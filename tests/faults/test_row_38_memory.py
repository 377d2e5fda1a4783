"""A training that runs out of memory ends with that cause, and can be resumed."""

from __future__ import annotations

from pathlib import Path

from engine.errors import OutOfMemoryError
from engine.protocol.client import Client
from engine.protocol.messages import MetricRow, Rewound, StateChanged
from engine.protocol.problems import rebuild
from tests.faults.outcome import Outcome
from tests.supervisor.engines import entries_until, has_ended, resumed, running

ROW, FAULT, FULL = "38", "memory exhausted", 10


def body(count: int, folder: Path) -> Outcome:
    """Limit the memory of a training that wants ever more, ``count`` times; then resume it."""
    survived = 0
    for number in range(count):
        path = folder / str(number)
        with running(path, "hungry 1000000") as engine, Client(engine.connection) as client:
            client.connect()
            client.attach()
            end = entries_until(client, has_ended, seconds=30.0)[-1]
        cause = rebuild(end.cause) if isinstance(end, StateChanged) and end.cause is not None else None
        with resumed(path) as engine, Client(engine.connection) as client:
            client.connect()
            client.attach(engine.last_sequence)
            entries = entries_until(client, lambda entry: isinstance(entry, MetricRow))
        rewound = next(entry.step for entry in entries if isinstance(entry, Rewound))
        survived += isinstance(cause, OutOfMemoryError) and rewound >= 100
    return Outcome(count, survived, "the cause is named; resume works", f"{survived} named and resumed")


def test_a_training_without_memory_says_so_and_can_be_resumed(tmp_path: Path) -> None:
    assert body(1, tmp_path).holds
