"""``convnet bench``: the tables, and the exit code where a figure misses its bar."""

from __future__ import annotations

import os

import pytest
from typer.testing import CliRunner

from engine.cli import bench_learn, bench_resume
from engine.cli.bench import app


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def test_trainings_of_the_digits_that_are_stopped_end_like_the_one_that_is_not() -> None:
    result = CliRunner().invoke(app, ["resume", "--stops", "3", "--epochs", "1", "--seed", "4"])
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert len(lines) == 1 + 1 + 3
    assert len({line.split()[-3] for line in lines[2:]}) == 1
    assert all(line.split()[-2:] == ["equal", "equal"] for line in lines[2:])


def test_a_difference_is_told_and_exits_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    prints = iter(["a", "a", "b"])
    monkeypatch.setattr(bench_resume, "_fingerprint", lambda run: next(prints))
    result = CliRunner().invoke(app, ["resume", "--stops", "2", "--epochs", "1"])
    assert result.exit_code == 1
    assert result.output.count("NOT equal") == 1


@pytest.mark.parametrize(
    ("error", "seconds", "code"), [(2.5, 30.0, 0), (2.6, 10.0, 1), (1.0, 30.1, 1), (1.0, 10.0, 0)]
)
def test_errors_and_times_are_held_against_their_bars(
    monkeypatch: pytest.MonkeyPatch, error: float, seconds: float, code: int
) -> None:
    trained = []

    def train(name: str, seed: int) -> tuple[float, float]:
        trained.append((name, seed))
        return error, seconds

    monkeypatch.setattr(bench_learn, "_train", train)
    result = CliRunner().invoke(app, ["learn"])
    assert result.exit_code == code
    assert trained == [*(("digits", seed) for seed in range(5)), ("shapes", 0)]
    assert f"{error:.2f} %" in result.output
