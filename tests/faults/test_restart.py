"""A training process that dies is replaced by another, at the last checkpoint, five times at most."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from engine import checkpoint
from engine.errors import WorkerDiedError
from engine.protocol.client import Client
from engine.protocol.messages import LogLine, MetricRow, Pause, Rewound, RunState, StateChanged, Stop
from engine.protocol.problems import rebuild
from engine.supervisor.run import MOST_RESTARTS
from tests.faults.outcome import Outcome
from tests.supervisor.engines import (
    entries_until,
    has_ended,
    heartbeat_where,
    is_state,
    running,
    worker_of,
)

ROW, FAULT, FULL = "–", "training process dies: restart", 5
ALONE = True
"""It measures how soon a training is back."""

SECONDS = 5.0
"""s from a death to the first step after it, at most."""


def body(count: int, folder: Path) -> Outcome:
    """Kill the training process ``count`` times; it goes on from the last checkpoint without a gap."""
    survived, slowest = 0, 0.0
    with running(folder / "run", "steps 1000000") as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries_until(client, lambda entry: isinstance(entry, MetricRow) and entry.step > 110)
        for number in range(1, count + 1):
            begun = time.monotonic()
            worker_of(engine).kill()
            entries = entries_until(client, is_state(RunState.RESTARTING))
            entries += entries_until(client, is_state(RunState.TRAINING))
            entries += entries_until(client, lambda entry: isinstance(entry, MetricRow))
            slowest = max(slowest, time.monotonic() - begun)
            restart = next(e for e in entries if isinstance(e, StateChanged) and e.state == "restarting")
            assert restart.cause is not None
            cause = rebuild(restart.cause)
            rewound = entries.index(next(entry for entry in entries if isinstance(entry, Rewound)))
            kept = entries[rewound]
            first = next(entry for entry in entries[rewound:] if isinstance(entry, MetricRow))
            told = f"Restart {number} of {MOST_RESTARTS}"
            survived += (
                isinstance(cause, WorkerDiedError)
                and "SIGKILL" in str(cause)
                and isinstance(kept, Rewound)
                and first.step == kept.step + 1 > 100
                and any(isinstance(entry, LogLine) and told in entry.text for entry in entries)
            )
    measured = f"slowest {slowest:.1f} s"
    return Outcome(count, survived, f"≤ {SECONDS:g} s to training again", measured, slowest <= SECONDS)


def test_a_killed_training_process_is_replaced(tmp_path: Path) -> None:
    assert body(1, tmp_path).holds


def test_after_five_restarts_the_run_has_failed_and_says_why(tmp_path: Path) -> None:
    with running(tmp_path / "run", "exit 7") as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries = entries_until(client, has_ended, seconds=60.0)
    causes = [e.cause for e in entries if isinstance(e, StateChanged) and e.cause is not None]
    assert [e.state for e in entries if isinstance(e, StateChanged) and e.cause] == (
        [RunState.RESTARTING] * MOST_RESTARTS + [RunState.FAILED]
    )
    for cause in causes:
        assert "exit code 7" in str(rebuild(cause))
        assert "the last words" in str(rebuild(cause))


def test_a_paused_run_is_paused_again_and_a_stopped_one_is_not_started_anew(tmp_path: Path) -> None:
    with running(tmp_path / "run", "steps 300") as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries_until(client, lambda entry: isinstance(entry, MetricRow) and entry.step > 100)
        client.request(Pause())
        heartbeat_where(client, lambda beat: beat.state is RunState.PAUSED)
        worker_of(engine).kill()
        heartbeat_where(client, lambda beat: beat.state is RunState.RESTARTING)
        heartbeat_where(client, lambda beat: beat.state is RunState.PAUSED)
        worker = worker_of(engine)
        worker.suspend()
        client.request(Stop())
        worker.kill()
        end = entries_until(client, has_ended)[-1]
        assert isinstance(end, StateChanged)
        assert end.state is RunState.FAILED


def test_a_restarted_training_ends_with_the_weights_of_one_that_was_left_alone(tmp_path: Path) -> None:
    with running(tmp_path / "run", "steps 400") as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries_until(client, lambda entry: isinstance(entry, MetricRow) and entry.step > 150)
        worker_of(engine).kill()
        entries_until(client, has_ended)
    final = checkpoint.load_latest(tmp_path / "run" / "checkpoints")
    assert final is not None
    expected = np.ones(4, np.float32)
    for _ in range(400):
        expected *= np.float32(1.0001)
    np.testing.assert_array_equal(final.tensors["w"], expected)
