"""An engine answers, streams and obeys; here with real processes and sockets."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from engine.errors import (
    CheckpointError,
    DataNotFoundError,
    NotKeptError,
    ProtocolError,
    RunEndedError,
    UnexpectedError,
    VersionMismatchError,
)
from engine.protocol import connection as connections
from engine.protocol.client import Client
from engine.protocol.inbox import Link
from engine.protocol.launch import LaunchedEngine
from engine.protocol.messages import (
    CheckpointKept,
    CheckpointNow,
    Done,
    Entries,
    GetLog,
    GetNetwork,
    GetSnapshots,
    GetWeights,
    Hello,
    LogLine,
    MetricRow,
    Pause,
    Resume,
    RunState,
    Shutdown,
    SnapshotKept,
    StateChanged,
    Stop,
)
from engine.protocol.problems import rebuild
from tests.supervisor.engines import (
    PATIENCE,
    entries_until,
    events,
    has_ended,
    heartbeat_where,
    is_state,
    link_change,
    running,
    wait_for,
    worker_of,
)


def test_the_engine_says_who_it_is(engine: LaunchedEngine) -> None:
    with Client(engine.connection) as client:
        welcome = client.connect()
        assert welcome.network_name == "steps 1000000"
        assert Path(welcome.run_folder) == engine.connection.parent
        assert welcome.run_id == connections.read(engine.connection).run_id


def test_another_version_of_the_protocol_is_refused(engine: LaunchedEngine) -> None:
    with Client(engine.connection) as client, pytest.raises(VersionMismatchError, match="version 99"):
        client.request(Hello(99, "9.9.9"))


def test_a_request_before_hello_is_refused(engine: LaunchedEngine) -> None:
    with Client(engine.connection) as client, pytest.raises(ProtocolError, match="Hello"):
        client.request(GetSnapshots())


def test_running_engines_are_found(engine: LaunchedEngine) -> None:
    assert engine.connection in connections.running()


def test_the_journal_comes_whole_and_in_order_to_each_client(engine: LaunchedEngine) -> None:
    """A client that attaches late, or again from anywhere, has the very same entries."""
    with Client(engine.connection) as first, Client(engine.connection) as second:
        first.connect()
        first.attach()
        all_entries = entries_until(first, lambda entry: isinstance(entry, MetricRow) and entry.step >= 300)
        rows = [entry for entry in all_entries if isinstance(entry, MetricRow)]
        assert [row.step for row in rows] == list(range(1, len(rows) + 1))
        second.connect()
        second.attach(100)
        late = entries_until(second, lambda entry: entry == all_entries[-1])
        assert late[: len(all_entries) - 100] == all_entries[100:]
        second.attach(0)
        again = entries_until(second, lambda entry: entry == all_entries[-1])
        assert again[: len(all_entries)] == all_entries


def test_heartbeats_say_how_it_goes(engine: LaunchedEngine) -> None:
    with Client(engine.connection) as client:
        client.connect()
        client.attach()
        beat = heartbeat_where(client, lambda beat: beat.progress is not None and bool(beat.devices))
        assert beat.progress is not None
        assert beat.progress.total_steps == 1_000_000
        assert beat.responding
        assert beat.state is RunState.TRAINING
        assert beat.problem is None
        cpu = beat.devices[0]
        assert cpu.kind == "cpu"
        assert len(cpu.cores) == psutil.cpu_count()
        assert 0 < cpu.memory_used < cpu.memory_total == psutil.virtual_memory().total


def test_weights_are_given_as_they_were_kept(engine: LaunchedEngine) -> None:
    with Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries_until(client, lambda entry: isinstance(entry, SnapshotKept) and entry.step >= 200)
        steps = client.request(GetSnapshots()).steps
        assert steps[:2] == (100, 200)
        weights = client.request(GetWeights("conv1", "weights", 100))
        expected = np.ones(4, np.float32)
        for _ in range(100):
            expected *= np.float32(1.0001)
        np.testing.assert_array_equal(np.frombuffer(weights.data, weights.dtype), expected)
        assert (weights.shape, weights.step) == ((4,), 100)
        assert client.request(GetWeights("conv1", "weights")).step >= 200


@pytest.mark.parametrize(
    "request_",
    [GetWeights("conv1", "weights", 1), GetWeights("conv9", "weights"), GetWeights("../x", "y", 100)],
)
def test_weights_that_are_not_kept_are_an_error(engine: LaunchedEngine, request_: GetWeights) -> None:
    with Client(engine.connection) as client, pytest.raises(NotKeptError, match=request_.layer):
        client.request(request_)


def test_network_and_plan_and_log_are_given(engine: LaunchedEngine) -> None:
    with Client(engine.connection) as client:
        client.connect()
        network = client.request(GetNetwork())
        assert network.text == (engine.connection.parent / "network.convnet").read_text()
        wait_for(lambda: client.request(GetNetwork()).plan == "the plan")  # once training has compiled it
        client.request(CheckpointNow())
        wait_for(lambda: len(client.request(GetLog(0)).lines) > 0)
        (line, *_) = client.request(GetLog(0)).lines
        assert line.line.text == "obeyed checkpoint"
        assert client.request(GetLog(line.sequence, 5)).lines == ()
        wait_for(lambda: "info    obeyed checkpoint" in (engine.connection.parent / "log.txt").read_text())


def test_pause_resume_and_checkpoint_are_obeyed_and_told_truly(tmp_path: Path) -> None:
    with running(tmp_path / "run", "steps 1000000") as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries_until(client, lambda entry: isinstance(entry, MetricRow))
        assert client.request(Pause()) == Done()
        told = entries_until(client, is_state(RunState.PAUSED))
        states = [entry.state for entry in told if isinstance(entry, StateChanged)]
        assert states == [RunState.PAUSING, RunState.PAUSED]
        steps = [entry.step for entry in told if isinstance(entry, MetricRow)]
        client.request(CheckpointNow())
        kept = entries_until(client, lambda entry: isinstance(entry, CheckpointKept))
        assert not any(isinstance(entry, MetricRow) for entry in kept), "it trained while it was paused"
        client.request(Resume())
        entries_until(client, is_state(RunState.TRAINING))
        more = entries_until(client, lambda entry: isinstance(entry, MetricRow))
        assert next(e for e in more if isinstance(e, MetricRow)).step > max(steps, default=0)


def test_a_stopped_run_says_so_once_its_process_has_gone(tmp_path: Path) -> None:
    with running(tmp_path / "run", "steps 1000000") as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries_until(client, is_state(RunState.TRAINING))
        worker = worker_of(engine)
        client.request(Stop())
        entries = entries_until(client, has_ended)
        assert not worker.is_running()
        assert isinstance(entries[-1], StateChanged)
        assert entries[-1].state is RunState.STOPPED
        assert any(isinstance(entry, CheckpointKept) for entry in entries)
        with pytest.raises(RunEndedError, match="stopped"):
            client.request(Pause())
        client.request(Shutdown())
        assert engine.process.wait(PATIENCE) == 0
        link_change(client, Link.CLOSED)
    assert not engine.connection.exists()
    assert engine.connection not in connections.running()


def test_shutdown_stops_a_run_that_goes_on(tmp_path: Path) -> None:
    with running(tmp_path / "run", "steps 1000000") as engine, Client(engine.connection) as client:
        client.connect()
        client.request(Shutdown())
        assert engine.process.wait(PATIENCE) == 0
    assert list((tmp_path / "run" / "checkpoints").glob("*.json"))


def test_an_engine_leaves_when_its_run_is_over_and_nobody_is_there(tmp_path: Path) -> None:
    with running(tmp_path / "run", "steps 10", linger=0.2) as engine:
        assert engine.process.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    ("what", "error", "match"),
    [
        ("refuse", DataNotFoundError, "faces"),
        ("bug", UnexpectedError, "ZeroDivisionError"),
    ],
)
def test_a_run_that_fails_says_why(tmp_path: Path, what: str, error: type[Exception], match: str) -> None:
    with running(tmp_path / "run", what) as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries = entries_until(client, has_ended)
    end = entries[-1]
    assert isinstance(end, StateChanged)
    assert end.state is RunState.FAILED
    assert end.cause is not None
    told = rebuild(end.cause)
    assert isinstance(told, error)
    assert match in str(told)
    log = [entry.text for entry in entries if isinstance(entry, LogLine)]
    if what == "bug":
        assert any("ZeroDivisionError" in line for line in log)


@pytest.mark.parametrize(("what", "is_kept"), [("refuse", False), ("bug", True), ("steps 3", True)])
def test_a_new_run_folder_goes_again_if_the_run_never_began(what: str, is_kept: bool) -> None:
    """Unless the program itself was at fault: the log in it says more."""
    with running(None, what) as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries_until(client, has_ended)
        assert engine.connection.exists()
        client.request(Shutdown())
        assert engine.process.wait(PATIENCE) == 0
    assert engine.connection.parent.exists() == is_kept


def test_a_stop_whose_checkpoint_the_disk_refuses_says_so(tmp_path: Path) -> None:
    with running(tmp_path / "run", "steps 1000000") as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries_until(client, lambda entry: isinstance(entry, MetricRow) and entry.step > 110)
        checkpoints = tmp_path / "run" / "checkpoints"
        checkpoints.rename(tmp_path / "elsewhere")
        checkpoints.write_text("no folder")
        client.request(Stop())
        end = entries_until(client, has_ended)[-1]
    assert isinstance(end, StateChanged)
    assert end.state is RunState.STOPPED
    assert end.cause is not None
    assert isinstance(rebuild(end.cause), CheckpointError)


def test_a_large_answer_does_not_hold_up_a_command(engine: LaunchedEngine) -> None:
    """Weights come over a socket of their own: while many are asked for, a command is answered at once."""
    with Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries_until(client, lambda entry: isinstance(entry, SnapshotKept))
        pending = [client.submit(GetWeights("conv1", "weights")) for _ in range(200)]
        begun = time.monotonic()
        client.request(CheckpointNow())
        assert time.monotonic() - begun < 2.0
        assert all(future.result(10) for future in pending)


def test_entries_are_events_of_the_client_only_after_it_attached(engine: LaunchedEngine) -> None:
    with Client(engine.connection) as client:
        client.connect()
        assert not [event for event in events(client, 0.8) if isinstance(event, Entries)]


def test_a_client_that_was_closed_answers_at_once(engine: LaunchedEngine) -> None:
    """Nobody waits for what no thread serves any more."""
    client = Client(engine.connection)
    client.connect()
    client.close()
    with pytest.raises(ProtocolError, match="was closed"):
        client.submit(GetNetwork()).result(timeout=5.0)
