"""What is told of a training can be kept in the journal and read again."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

from engine.protocol.codec import encode, engine_frames
from engine.protocol.messages import Entries
from engine.store.blocks import ROWS
from engine.store.journal import Journal
from engine.training.figures import Figures
from engine.training.place import Place
from engine.training.report import Report
from tests.training.running import Recorder


def test_figures_of_a_network_that_went_astray_are_kept_and_read(tmp_path: Path) -> None:
    """A test of weights that are finite, yet beyond help: its losses are no numbers."""
    recorder = Recorder()
    report = Report(recorder, SimpleNamespace(ranks=(0,)), SimpleNamespace(examples_at=lambda place: 0))
    figures = Figures(
        math.nan, 0.5, 10, {"cost1: loss": math.nan, "cost2: loss": math.inf, "top-5 error": 1.0}
    )
    report.row("test", Place(), 0.1, figures, {"loss over 10 views": math.nan, "error over 10 views": 0.25})
    journal = Journal(tmp_path / "run.sqlite")
    journal.append(recorder.rows * ROWS)
    read = engine_frames.decode(encode(Entries(1, tuple(journal.read(0, 1)))))
    journal.close()
    assert isinstance(read, Entries)
    (row,) = read.entries
    assert row.further == {"top-5 error": 1.0, "error over 10 views": 0.25}
    assert math.isnan(row.loss)
