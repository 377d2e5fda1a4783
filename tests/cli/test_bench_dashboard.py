"""``convnet bench dashboard``: each figure against its bar, and the long run that it opens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from engine.cli import bench_dashboard
from engine.cli.bench import app
from engine.cli.bench_dashboard import make_long_run, shelf_times
from engine.curves import unpack
from engine.store.journal import Journal
from engine.store.run_folder import RunFolder

GOOD = {
    "frame p99": 0.01,
    "frame p99, processor": 0.01,
    "frame max": 0.02,
    "frame max, processor": 0.02,
    "memory growth, bytes": 1e5,
    "seconds played": 30.0,
    "descriptors more": 0,
    "threads more": 0,
    "steps": 1e5,
    "more, mean": 0.005,
    "more, half of the 95 % interval": 0.01,
    "pairs": 20,
    "filters, median": 0.05,
    "filters, max": 0.1,
    "snapshots": 40,
    "rows": 1e6,
    "opened": 0.4,
    "with its engine's start": 0.9,
    "longest, processor": 0.03,
    "redrawn": 0.02,
    "zoomed": 0.1,
    "listed": 0.01,
    "compared": 0.1,
}


def told(monkeypatch: pytest.MonkeyPatch, **worse: Any) -> None:
    monkeypatch.setattr(bench_dashboard, "make_long_run", lambda path: None)
    monkeypatch.setattr(bench_dashboard, "shelf_times", lambda path: {**GOOD, **worse})
    monkeypatch.setattr(bench_dashboard, "_figures", lambda module, *arguments: {**GOOD, **worse})


@pytest.mark.parametrize(
    ("worse", "code"),
    [
        ({}, 0),
        ({"frame p99": 0.017}, 1),
        ({"frame max": 0.051}, 1),
        ({"opened": 1.01}, 1),
        ({"filters, max": 0.51}, 1),
        ({"listed": 0.051}, 1),
        ({"compared": 1.01}, 1),
        ({"memory growth, bytes": 1.1e6}, 1),
        ({"threads more": 1}, 1),
        ({"more, mean": 0.011}, 1),  # it may be more than 2 %
        ({"frame p99, processor": 9.0}, 0),  # only told
    ],
)
def test_figures_are_held_against_their_bars(
    monkeypatch: pytest.MonkeyPatch, worse: dict[str, float], code: int
) -> None:
    told(monkeypatch, **worse)
    result = CliRunner().invoke(app, ["dashboard"])
    assert result.exit_code == code
    assert "1,000,000 rows" in result.output


@pytest.mark.parametrize(("growth", "code"), [(9e5, 0), (1.1e6, 1)])
def test_a_soak_is_about_memory_alone(monkeypatch: pytest.MonkeyPatch, growth: float, code: int) -> None:
    told(monkeypatch, **{"memory growth, bytes": growth, "frame p99": 9.0})
    result = CliRunner().invoke(app, ["dashboard", "--minutes", "30"])
    assert result.exit_code == code
    assert "in 30 min" in result.output
    assert "frame" not in result.output


def test_the_long_run_has_its_rows(tmp_path: Path) -> None:
    make_long_run(tmp_path / "run", 1000)
    (curve,) = Journal(RunFolder.open(tmp_path / "run").journal).overview(10).curves
    assert unpack(curve)["rows"].sum() == 1000
    assert set(shelf_times(tmp_path / "run")) == {"listed", "compared"}
