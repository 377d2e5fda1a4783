"""``convnet data`` prints what the sets hold."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.cli.data import app
from engine.errors import DataNotFoundError


def _lines(*arguments: str) -> list[list[str]]:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return [line.split() for line in result.stdout.splitlines()]


def test_list_names_the_built_in_sets_with_their_counts() -> None:
    _, digits, shapes = _lines("list")
    assert (digits[0], digits[-4:]) == ("digits", ["10", "1,259", "179", "359"])
    assert (shapes[0], shapes[-4:]) == ("shapes", ["10", "6,000", "1,000", "2,000"])


def test_inspect_counts_every_class_and_shows_the_range_of_values() -> None:
    lines = _lines("inspect", "digits")
    assert ["3", "3", "128", "18", "37"] in lines
    assert ["all", "1,259", "179", "359"] in lines
    assert ["values", "0–240", "0–240", "0–240"] in lines


def test_a_misspelt_set_is_told_the_known_ones() -> None:
    with pytest.raises(DataNotFoundError, match=r"digts: expected a data set \(digits, shapes"):
        _lines("inspect", "digts")


def test_a_missing_file_is_taken_for_a_path(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match=r"own\.npz: expected an \.npz file, found nothing"):
        _lines("inspect", str(tmp_path / "own.npz"))
