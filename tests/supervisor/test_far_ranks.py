"""Ranks on other computers, one of which is this computer under another name, are heard by way of rank 0."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from engine.protocol.client import Client
from engine.protocol.messages import CheckpointKept, MetricRow, Rewound
from tests.faults.ranks import SECONDS, needs_mpi, ranks_of, told_cause, training
from tests.supervisor.engines import entries_until, heartbeat_where

_ELSEWHERE = """
import os, platform
if os.environ.get("PMI_RANK", os.environ.get("OMPI_COMM_WORLD_RANK")) == "1":
    platform.node = lambda: "elsewhere"
"""


@needs_mpi
def test_one_that_hangs_is_named_with_its_computer_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(_ELSEWHERE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with training(tmp_path / "run", "cpu:2") as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries_until(client, lambda entry: isinstance(entry, CheckpointKept), 60.0)
        ranks = ranks_of(engine)
        beat = heartbeat_where(client, lambda beat: len(beat.ranks) == 2)
        assert [(reading.host, reading.responding) for reading in beat.ranks] == [
            ("", True),
            ("elsewhere", True),
        ]
        ranks[1].suspend()
        after = entries_until(client, lambda entry: isinstance(entry, Rewound), 60.0)
        after += entries_until(client, lambda entry: isinstance(entry, MetricRow), 60.0)
        told = told_cause(after)
        assert told == f"rank 1 of 2 (process {ranks[1].pid} on elsewhere) gave no sign of life for 6 s"
        _, left = psutil.wait_procs(ranks, SECONDS)
        assert not left
