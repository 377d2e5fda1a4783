"""``convnet serve`` shows a run that has ended; ``convnet runs`` lists runs with their states."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from engine.cli.runs import show_runs
from engine.protocol import connection as connections
from engine.protocol.client import Client
from engine.protocol.messages import MetricRow, RunState, Shutdown
from tests.cli.test_train import start
from tests.supervisor.engines import PATIENCE, entries_until, has_ended, running


def test_a_run_is_listed_while_it_goes_on_ended_and_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONVNET_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("COLUMNS", "300")

    def listed() -> str:
        show_runs()
        return capsys.readouterr().out

    assert "no runs yet" in listed()
    folder = tmp_path / "runs" / "one"
    with running(folder, "steps 100000") as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries_until(client, lambda entry: isinstance(entry, MetricRow))
        assert "training" in listed()
        client.request(Shutdown())
        entries_until(client, has_ended)
        engine.process.wait(PATIENCE)
    assert "stopped" in listed()
    assert str(folder) in listed()
    (tmp_path / "runs" / "damaged").mkdir()
    (tmp_path / "runs" / "damaged" / "run.json").write_text("{}")
    assert "damaged" in listed()

    serving = start("serve", folder)
    assert serving.stdout is not None
    path = Path(serving.stdout.readline().partition(": ")[2].strip())
    with Client(path) as client:
        assert client.connect().state is RunState.STOPPED
    assert path in connections.running()
    os.kill(serving.pid, signal.SIGINT)
    assert serving.wait(PATIENCE) == 0
    assert path not in connections.running()
