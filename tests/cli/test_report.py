"""A run on one page, and a layer's outputs in a file."""

from __future__ import annotations

import csv
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from engine.cli.features import write_features
from engine.cli.report import write_report
from engine.cli.report_page import curves_svg, table
from engine.errors import DataError, FileWriteError, PlanError
from engine.protocol.messages import Edited
from engine.store.run_folder import RunFolder
from tests.training.running import Recorder, network, run_training, save_pictures


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    from engine.store.journal import Journal

    folder = tmp_path_factory.mktemp("report")
    save_pictures(folder)
    recorder = Recorder()
    _, made = run_training(folder, network(), recorder)
    journal = Journal(made.journal)
    journal.append([*recorder.rows, Edited(3, "rate", 0.1, 0.25), Edited(4, "keep_best", 1.0, 0.0)])
    journal.close()
    return made


class Page(HTMLParser):
    """Collects text, and what the page would load from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.words = ""
        self.loaded: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words += data + "\n"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_page_has_all_parts_and_needs_nothing_else(run: RunFolder, tmp_path: Path) -> None:
    path = write_report(run.path, tmp_path / "page.html")
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    for part in ("Result", "Curves", "Confusions", "Filters", "Network", "Settings", "Device"):
        assert part in page.words
    assert "conv: 3 of 3 filters, step 6" in page.words
    assert "After step\nSetting\nOld\nNew\n3\nLearning rate\n0.1\n0.25\n4\nKeep the best\n1\n0" in page.words
    assert "Keep the best\nyes" in page.words
    assert "Optimiser\nMomentum SGD" in page.words
    assert page.loaded
    assert all(source.startswith("data:image/png;base64,") for source in page.loaded)


def test_the_page_goes_into_the_run_folder_unless_a_file_is_named(run: RunFolder, tmp_path: Path) -> None:
    assert write_report(run.path, None) == run.path / "report.html"
    with pytest.raises(FileWriteError):
        write_report(run.path, tmp_path / "none" / "page.html")


def test_curves_break_at_nan_and_texts_are_escaped() -> None:
    svg = curves_svg("Loss", {"train": [1, 2, 3, 4]}, {"train": [1.0, float("nan"), 0.5, 0.25]})
    assert svg.count("<polyline") == 2
    assert curves_svg("Loss", {"train": []}, {"train": []}) == ""
    assert "&lt;b&gt;" in table(("<b>",), [])


def test_features_are_written_with_labels(run: RunFolder, tmp_path: Path) -> None:
    write_features(run.path, "fc1", "test", tmp_path / "f.npz")
    with np.load(tmp_path / "f.npz") as arrays:
        assert arrays["features"].shape == (11, 6)
        assert arrays["labels"].tolist() == [number % 3 for number in range(11)]
        expected = arrays["features"]
    write_features(run.path, "fc1", "test", tmp_path / "f.csv")
    with (tmp_path / "f.csv").open(encoding="utf-8") as stream:
        heading, *rows = csv.reader(stream)
    assert heading[:3] == ["picture", "label", "f0"]
    np.testing.assert_allclose([[float(value) for value in row[2:]] for row in rows], expected, rtol=1e-6)


def test_a_wrong_layer_or_an_empty_split_is_told(run: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="one of conv, pool, fc1, fc2, probs"):
        write_features(run.path, "nope", "test", tmp_path / "f.npz")
    with pytest.raises((DataError, FileWriteError)):
        write_features(run.path, "fc1", "test", tmp_path / "none" / "f.npz")
