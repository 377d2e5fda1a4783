"""``convnet bench split`` times one device and several, and writes figures and a trace."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_train import EXAMPLE, convnet
from tests.faults.ranks import needs_mpi


@needs_mpi
def test_splits_are_timed_beside_one_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVNET_VECTOR", "off")
    figures, trace = tmp_path / "figures.json", tmp_path / "trace.json"
    options = ("--split", "hybrid", "--examples", 8, "--steps", 1, "--output", figures, "--trace", trace)
    code, output, complaints = convnet("bench", "split", EXAMPLE, "--devices", "cpu:2", *options)
    assert code == 0
    assert [line.partition(":")[0] for line in complaints.splitlines()] == [
        "one device, 8 examples",
        "hybrid, 16 examples",
        "hybrid, 8 examples",
    ]
    assert "one device" in output
    found = json.loads(figures.read_text())
    assert [(each["split"], each["ranks"], each["batch_size"]) for each in found] == [
        ("", 1, 8),
        ("hybrid", 2, 16),
        ("hybrid", 2, 8),
    ]
    assert found[0]["sent_bytes"] == 0 < found[1]["sent_bytes"]
    events = json.loads(trace.read_text())["traceEvents"]
    assert {(event["pid"], event["tid"]) for event in events} == {
        (f"rank {rank}", stream) for rank in (0, 1) for stream in ("compute", "communication")
    }
