"""A hung engine and a hung training process are told apart; the latter can be ended and is replaced."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from engine.protocol.client import Client
from engine.protocol.inbox import Link
from engine.protocol.messages import Kill, MetricRow, Pause, RunState
from tests.faults.outcome import Outcome
from tests.supervisor.engines import entries_until, heartbeat_where, is_state, link_change, running, worker_of

ROW, FAULT, FULL = "15", "engine or training process hangs", 4
SECONDS = 5.0


def body(count: int, folder: Path) -> Outcome:
    """Suspend the engine, then its training process, ``count`` times together; end the latter by ``Kill``."""
    survived, slowest = 0, 0.0
    with running(folder / "run", "steps 1000000") as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries_until(client, is_state(RunState.TRAINING))
        for _ in range(count // 2):
            begun = time.monotonic()
            os.kill(engine.process.pid, signal.SIGSTOP)
            link_change(client, Link.NOT_RESPONDING)
            slowest = max(slowest, time.monotonic() - begun)
            os.kill(engine.process.pid, signal.SIGCONT)
            link_change(client, Link.CONNECTED)
            survived += 1
            worker_of(engine).suspend()
            begun = time.monotonic()
            silent = heartbeat_where(client, lambda beat: not beat.responding)
            slowest = max(slowest, time.monotonic() - begun)
            client.request(Kill(), timeout=1.0)
            entries = entries_until(client, is_state(RunState.RESTARTING))
            entries += entries_until(client, is_state(RunState.TRAINING))
            entries_until(client, lambda entry: isinstance(entry, MetricRow))
            back = heartbeat_where(client, lambda beat: beat.responding)
            survived += silent.state is RunState.TRAINING and not silent.slow and back.responding
    bar = f"“not responding” ≤ {SECONDS:g} s, and it can be ended"
    return Outcome(count // 2 * 2, survived, bar, f"after {slowest:.1f} s", slowest <= SECONDS)


def test_a_hang_is_told_and_can_be_ended(tmp_path: Path) -> None:
    assert body(2, tmp_path).holds


def test_an_engine_answers_while_its_training_process_hangs_and_that_obeys_later(tmp_path: Path) -> None:
    with running(tmp_path / "run", "steps 1000000") as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries_until(client, is_state(RunState.TRAINING))
        worker = worker_of(engine)
        worker.suspend()
        client.request(Pause(), timeout=1.0)
        worker.resume()
        heartbeat_where(client, lambda beat: beat.responding and beat.state is RunState.PAUSED)
