"""The figures shown at the end are those of the run as it went, not of what a resume has overtaken."""

from __future__ import annotations

from msgspec.structs import replace
from rich.console import Console

from engine.cli.figures import RunFigures
from engine.cli.follow import further_table
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


def printed(figures: RunFigures) -> str:
    console = Console(width=100)
    table = further_table(figures)
    assert table is not None
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def test_further_figures_have_a_line_each() -> None:
    figures = RunFigures()
    figures.take(row(1))
    assert further_table(figures) is None
    figures.take(replace(row(2), further={"top-5 error": 0.125}))
    figures.take(replace(row(2, "test"), further={"top-5 error": 0.5, "loss over 10 views": 0.7512}))
    lines = printed(figures).splitlines()
    assert [line.split() for line in lines] == [
        ["train", "test"],
        ["top-5", "error", "0.1250", "0.5000"],
        ["loss", "over", "10", "views", "0.7512"],
    ]


def test_where_figures_are_left_out_their_number_is_told() -> None:
    figures = RunFigures()
    figures.take(replace(row(2), further={f"recall of class {number}": 0.5 for number in range(25)}))
    assert "… 5 more" in printed(figures)
