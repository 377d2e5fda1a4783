"""A run and its training process: one that waits for the disk, and one that does not start."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import zmq

from engine.protocol.codec import encode
from engine.protocol.internal import Beat
from engine.protocol.keys import new_key_pair
from engine.protocol.messages import Edit, RunState, Site, StateChanged
from engine.protocol.problems import rebuild
from engine.protocol.server import Endpoint, Gate
from engine.store.edits import Edits
from engine.supervisor import worker_process as workers
from engine.supervisor.journal_thread import MOST_WAITING
from engine.supervisor.run import Run
from engine.supervisor.worker_process import WORKER_FRAME_LIMIT, WorkerProcess

DIES = [sys.executable, "-c", "raise SystemExit(1)"]


def test_a_training_process_is_left_unheard_while_too_much_waits_for_the_disk() -> None:
    diary: list[str] = []
    worker: Any = SimpleNamespace(
        receive=lambda: diary.append("received") or (),
        leave_unheard=lambda: diary.append("left unheard"),
        end_hung=lambda: diary.append("looked for one that hangs"),
        is_over=lambda: False,
        is_responding=True,
        output=SimpleNamespace(empty=lambda: True),
    )
    journal: Any = SimpleNamespace(backlog=MOST_WAITING, append=lambda entry: None)
    run = Run(worker, journal, Edits())
    run.turn()
    assert diary == ["left unheard", "looked for one that hangs"]
    journal.backlog -= 1
    run.turn()
    assert diary[2:] == ["received", "looked for one that hangs"]


def test_a_training_process_that_cannot_be_started_again_ends_the_run_with_the_cause(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As where the memory that the last one died of is still short."""
    entries: list[Any] = []
    journal: Any = SimpleNamespace(backlog=0, append=entries.append)
    with ExitStack() as ending:
        worker = worker_process(ending)
        run = Run(worker, journal, Edits())
        monkeypatch.setattr(workers, "worker_command", lambda *_: DIES)
        run.start(str(tmp_path), Site("cpu"), resume=False)
        monkeypatch.setattr(workers, "worker_command", lambda *_: [str(tmp_path)])
        deadline = time.monotonic() + 30.0
        while not run.state.ended:
            assert time.monotonic() < deadline
            run.turn()
            time.sleep(0.01)
    assert run.state is RunState.FAILED
    changes = [entry for entry in entries if isinstance(entry, StateChanged)]
    assert [change.state for change in changes] == [
        RunState.STARTING,
        RunState.RESTARTING,
        RunState.FAILED,
    ]
    assert "exit code 1" in str(rebuild(changes[1].cause))
    assert "could not be started (Permission denied)" in str(rebuild(changes[2].cause))


def test_what_no_training_process_has_heard_is_told_to_the_next(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It was answered with "done" already."""
    monkeypatch.setattr(workers, "worker_command", lambda *_: DIES)
    frames: list[tuple[bytes, bytes]] = []
    sent: list[bytes] = []
    endpoint: Any = SimpleNamespace(
        port=1, malformed=0, receive=lambda: frames, send=lambda peer, frame: sent.append(frame)
    )
    worker = WorkerProcess(endpoint, SimpleNamespace(allow=lambda *_: None), "key")  # type: ignore[arg-type]
    worker.start(str(tmp_path), Site("cpu"), resume=False)
    worker.order(Edit("rate", 0.5))
    worker.start(str(tmp_path), Site("cpu"), resume=True)
    frames.append((b"next", encode(Beat(0, os.getpid()))))
    worker.receive()
    worker.receive()
    worker.close()
    assert sent == [encode(Edit("rate", 0.5))]


def test_a_training_process_that_dies_before_it_reads_is_let_go_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What it was to be sent is of no use any more, and no fault either."""
    original = workers.subprocess.Popen

    def start_and_wait(*arguments: Any, **how: Any) -> Any:
        process = original(*arguments, **how)
        process.wait()
        return process

    monkeypatch.setattr(workers.subprocess, "Popen", start_and_wait)
    monkeypatch.setattr(workers, "worker_command", lambda *_: DIES)
    with ExitStack() as ending:
        worker = worker_process(ending)
        worker.start(str(tmp_path), Site("cpu"), resume=False)
        worker.start(str(tmp_path), Site("cpu"), resume=True)
        worker.close()


def worker_process(ending: ExitStack) -> WorkerProcess:
    """Return the engine's side of a training process, with sockets that close with ``ending``."""
    context = zmq.Context()
    ending.callback(context.term)
    gate = Gate(context)
    ending.callback(gate.close)
    keys = new_key_pair()
    endpoint = Endpoint(context, "worker", keys, WORKER_FRAME_LIMIT)
    ending.callback(endpoint.close)
    return WorkerProcess(endpoint, gate, keys.public)
