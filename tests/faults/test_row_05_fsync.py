"""A save whose fsync fails has failed, and the next one begins with a new file."""

from __future__ import annotations

from pathlib import Path

from tests.faults.outcome import Outcome
from tests.faults.refusing import EIO, refused_save

ROW, FAULT, FULL = "5", "fsync fails", 5


def body(count: int, folder: Path) -> Outcome:
    """Fail each of the first ``count`` fsyncs of a save."""
    survived = sum(
        refused_save(folder / str(number), "fsync", EIO, number)[0] for number in range(1, count + 1)
    )
    return Outcome(count, survived, "0 silent", f"{count - survived} silent")


def test_no_failed_fsync_is_silent(tmp_path: Path) -> None:
    assert body(5, tmp_path).holds
