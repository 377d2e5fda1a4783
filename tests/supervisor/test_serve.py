"""A run that has ended is looked at like one that goes on, and stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import RunEndedError
from engine.protocol.client import Client
from engine.protocol.internal import ServeRun
from engine.protocol.launch import launch
from engine.protocol.messages import (
    Entry,
    GetNetwork,
    GetSnapshots,
    GetWeights,
    MetricRow,
    Pause,
    RunState,
    Shutdown,
    StateChanged,
)
from tests.supervisor.engines import PATIENCE, entries_until, has_ended, heartbeat_where, running, served


def all_entries(client: Client) -> list[Entry]:
    client.connect()
    client.attach()
    return entries_until(client, has_ended)


def test_a_served_run_shows_all_that_it_showed_and_takes_no_commands(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with running(folder, "steps 120") as engine, Client(engine.connection) as client:
        before = all_entries(client)
        network = client.request(GetNetwork())
        client.request(Shutdown())
        engine.process.wait(PATIENCE)
    content = {path.name: path.read_bytes() for path in (folder / "checkpoints").iterdir()}
    with served(folder) as engine, Client(engine.connection) as client:
        assert client.connect().state is RunState.FINISHED
        assert all_entries(client) == before
        assert client.request(GetNetwork()) == network
        assert client.request(GetSnapshots()).steps == (100,)
        assert client.request(GetWeights("conv1", "weights", 100)).step == 100
        assert heartbeat_where(client, lambda beat: True).state is RunState.FINISHED
        with pytest.raises(RunEndedError):
            client.request(Pause())
        client.request(Shutdown())
        assert engine.process.wait(PATIENCE) == 0
    assert {path.name: path.read_bytes() for path in (folder / "checkpoints").iterdir()} == content


def test_a_run_whose_engine_died_is_shown_as_failed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with running(folder, "steps 1000000") as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries_until(client, lambda entry: isinstance(entry, MetricRow))
        engine.process.kill()
        engine.process.wait()
    with served(folder) as engine, Client(engine.connection) as client:
        end = all_entries(client)[-1]
        assert isinstance(end, StateChanged)
        assert end.state is RunState.FAILED
        assert end.cause is not None
        assert "without a word" in str(end.cause.fields["message"])


def test_a_served_run_is_left_when_nobody_looks(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with running(folder, "steps 5", linger=0.1) as engine:
        engine.process.wait(PATIENCE)
    assert launch(ServeRun(str(folder), 0.1)).process.wait(PATIENCE) == 0
