"""Processes die, stop and come back; nothing is lost and the cause is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest

from engine import checkpoint
from engine.errors import RunFolderError, RunFolderUnwritableError
from engine.protocol.client import Client
from engine.protocol.internal import ResumeRun
from engine.protocol.launch import launch
from engine.protocol.messages import (
    CheckpointKept,
    Entry,
    LogLine,
    MetricRow,
    Rewound,
    RunState,
    Shutdown,
    StateChanged,
    Stop,
)
from tests.supervisor.engines import (
    LINGER,
    PATIENCE,
    entries_until,
    has_ended,
    heartbeat_where,
    is_state,
    resumed,
    running,
    start,
)


def is_step(step: int) -> Callable[[Entry], bool]:
    return lambda entry: isinstance(entry, MetricRow) and entry.step >= step


def test_a_stopped_run_goes_on_bit_for_bit(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with running(folder, "steps 200") as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries_until(client, is_step(50))
        client.request(Stop())
        entries_until(client, has_ended)
        client.request(Shutdown())
        assert engine.process.wait(PATIENCE) == 0
    with resumed(folder) as engine, Client(engine.connection) as client:
        client.connect()
        client.attach(engine.last_sequence)
        entries = entries_until(client, has_ended)
    assert isinstance(entries[-1], StateChanged)
    assert entries[-1].state is RunState.FINISHED
    rewound = next(entry.step for entry in entries if isinstance(entry, Rewound))
    steps = [entry.step for entry in entries if isinstance(entry, MetricRow)]
    assert steps == list(range(rewound + 1, 201))
    final = checkpoint.load_latest(folder / "checkpoints")
    assert final is not None
    expected = np.ones(4, np.float32)
    for _ in range(200):
        expected *= np.float32(1.0001)
    np.testing.assert_array_equal(final.tensors["w"], expected)


def test_a_damaged_checkpoint_is_named_and_the_one_before_is_used(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with running(folder, "steps 130") as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries_until(client, has_ended)
        client.request(Shutdown())
        engine.process.wait(PATIENCE)
    (newest,) = folder.glob("checkpoints/step-000000000130-*.safetensors")
    newest.write_bytes(newest.read_bytes()[:-1])
    with resumed(folder) as engine, Client(engine.connection) as client:
        client.connect()
        client.attach(engine.last_sequence)
        entries = entries_until(client, has_ended)
    assert Rewound(100) in entries
    warnings = [entry.text for entry in entries if isinstance(entry, LogLine) and entry.level == "warning"]
    assert any(newest.name in warning for warning in warnings)


def test_a_run_that_cannot_be_begun_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asked for it, and it would stand among the runs as one that never began."""
    (tmp_path / "state").write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("CONVNET_RUNS", str(tmp_path / "runs"))
    with pytest.raises(RunFolderUnwritableError, match="Not a directory"):
        start(None, "steps 1")
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_folder_without_a_run_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="expected a run folder"):
        launch(ResumeRun(str(tmp_path), None, LINGER))


def test_a_terminated_engine_stops_its_run_with_a_checkpoint(tmp_path: Path) -> None:
    with running(tmp_path / "run", "steps 1000000") as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries_until(client, is_state(RunState.TRAINING))
        engine.process.terminate()
        entries = entries_until(client, has_ended)
        assert any(isinstance(entry, CheckpointKept) for entry in entries)
        assert engine.process.wait(PATIENCE) == 0


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: the journal cannot grow, then it can again."""
    with running(tmp_path / "run", "steps 1000000") as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        begun = entries_until(client, is_step(20))
        process = psutil.Process(engine.process.pid)
        limits = process.rlimit(psutil.RLIMIT_FSIZE)
        process.rlimit(psutil.RLIMIT_FSIZE, (1, limits[1]))
        beat = heartbeat_where(client, lambda beat: beat.problem is not None, entries=begun)
        assert beat.problem is not None
        assert beat.problem.code == "RunFolderUnwritableError"
        assert beat.state is RunState.TRAINING
        process.rlimit(psutil.RLIMIT_FSIZE, limits)
        heartbeat_where(client, lambda beat: beat.problem is None, entries=begun)
        steps = [entry.step for entry in begun if isinstance(entry, MetricRow)]
        more = entries_until(client, is_step(steps[-1] + 200))
        steps += [entry.step for entry in more if isinstance(entry, MetricRow)]
        assert steps == list(range(1, len(steps) + 1))
