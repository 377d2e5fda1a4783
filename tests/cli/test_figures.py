"""The figures shown at the end are those of the run as it went, not of what a resume has overtaken."""

from __future__ import annotations

from engine.cli.figures import RunFigures
from engine.protocol.messages import MetricRow, Rewound, SnapshotKept


def row(step: int, split: str = "train") -> MetricRow:
    return MetricRow(step, 0, step, 0.0, split, 1.0, 0.5, 0.1)  # type: ignore[arg-type]


def test_the_newest_row_of_each_split_is_shown() -> None:
    figures = RunFigures()
    assert not figures.any()
    for entry in (row(1), row(2), row(1, "test"), SnapshotKept(3)):
        figures.take(entry)
    assert figures.newest("train") == row(2)
    assert figures.newest("test") == row(1, "test")
    assert figures.newest("validation") is None
    assert figures.any()


def test_rows_after_the_step_of_a_resume_do_not_count() -> None:
    figures = RunFigures()
    for entry in (row(10), row(10, "test"), row(20), row(20, "test"), Rewound(15)):
        figures.take(entry)
    assert figures.newest("train") == row(10)
    assert figures.newest("test") == row(10, "test")
