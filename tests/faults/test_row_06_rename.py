"""A save whose rename is refused has failed, and says so."""

from __future__ import annotations

from pathlib import Path

from tests.faults.outcome import Outcome
from tests.faults.refusing import EACCES, refused_save

ROW, FAULT, FULL = "6", "rename refused", 2


def body(count: int, folder: Path) -> Outcome:
    """Refuse each of the first ``count`` renames of a save."""
    survived = sum(
        refused_save(folder / str(number), "replace", EACCES, number)[0] for number in range(1, count + 1)
    )
    return Outcome(count, survived, "0 silent", f"{count - survived} silent")


def test_no_refused_rename_is_silent(tmp_path: Path) -> None:
    assert body(2, tmp_path).holds
