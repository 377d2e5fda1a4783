"""``convnet bench learn --recipe``: curves from run folders, held against another program's."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.cli import bench_recipe
from engine.cli.bench import app
from engine.cli.bench_recipe import Curve, curve_of, differences, holds, learn, read_curve
from engine.errors import DataNotFoundError
from engine.protocol.messages import MetricRow, Rewound, Site
from engine.store.journal import Journal
from engine.store.run_folder import RunFolder


def row(step: int, loss: float, split: str = "train", error: float = 0.5) -> MetricRow:
    return MetricRow(step, 0, step, step / 2, split, loss, error, 0.1, {})  # type: ignore[arg-type]


def test_an_epochs_loss_is_that_of_its_rows_and_what_was_overtaken_does_not_count(tmp_path: Path) -> None:
    """Two epochs of 10 steps, a row every 4."""
    run, hold = RunFolder.create(tmp_path / "run", "run", "{}", tmp_path, Site("cpu"))
    hold.release()
    journal = Journal(run.journal)
    before = [row(4, 4.0), row(8, 3.0), row(10, 9.0, "test", 0.5), row(12, 99.0)]
    journal.append(
        [*before, Rewound(10), row(12, 2.0), row(16, 1.5), row(20, 1.0), row(20, 9.0, "test", 0.25)]
    )
    journal.close()
    curve = curve_of(run.path)
    assert curve.losses == [3.5, 1.5]
    assert curve.errors == [50.0, 25.0]
    assert curve.seconds == 10.0


def test_differences_are_of_the_last_epochs_and_of_settled_losses() -> None:
    reference = Curve([9.0] * 8 + [1.0, 2.0, 4.0], [50.0] * 7 + [23.0, 22.0, 21.0, 20.0])
    mine = dataclasses.replace(
        reference, losses=[1.0] * 8 + [1.01, 1.96, 4.1], errors=[*reference.errors[:-1], 22.0]
    )
    assert differences(mine, reference) == (0.5, pytest.approx(2.5))
    assert holds([mine], reference)
    assert not holds([dataclasses.replace(mine, errors=[*mine.errors[:-1], 22.9])], reference)
    assert not holds([dataclasses.replace(mine, losses=[*mine.losses[:-1], 4.13])], reference)
    assert holds([mine, dataclasses.replace(mine, errors=[*mine.errors[:-1], 18.0])], reference), "the mean"


def test_pytorchs_curve_is_whole() -> None:
    curve = read_curve("cifar10-pytorch.csv")
    assert len(curve.losses) == len(curve.errors) == 40
    assert (curve.losses[-1], curve.errors[-1]) == (0.6743, 22.83)


def test_all_seeds_and_their_mean_are_printed_and_a_miss_exits_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = read_curve("cifar10-pytorch.csv")
    off = [0.5]
    monkeypatch.setattr(
        bench_recipe,
        "_train",
        lambda recipe, data, seed, runs, device: dataclasses.replace(
            reference, errors=[error + off[0] + seed / 10 for error in reference.errors]
        ),
    )
    arguments = ["learn", "--recipe", "cifar10", "--data", str(tmp_path), "--seeds", "2"]
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "160"})
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.output.splitlines()] == [
        "seed",
        "0",
        "1",
        "mean",
        "bar",
        "PyTorch",
    ]
    assert "+0.55" in result.output
    off[0] = 0.7
    assert CliRunner().invoke(app, arguments).exit_code == 1


def test_missing_pictures_and_unknown_recipes_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(bench_recipe.DATA_VARIABLE, str(tmp_path))
    with pytest.raises(DataNotFoundError, match=r"cifar10-jpeg\.tar\.xz"):
        learn("cifar10", None, 1, None, "cpu")
    assert CliRunner().invoke(app, ["learn", "--recipe", "other"]).exit_code == 2
