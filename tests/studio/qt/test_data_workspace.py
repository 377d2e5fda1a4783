"""The data workspace shows what a look told, looks anew when settings change, and fits the network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from engine.errors import DataNotFoundError
from engine.graph.settings import DataSettings
from engine.protocol.previews import ClassSeen, DataDecoded, DataSeen, Picture, SkippedFile, Varied
from studio.models.data import DataState
from studio.qt import theme
from studio.qt.data.data_workspace import DataWorkspace
from studio.qt.data.pictures import ContactSheet
from tests.studio.models.test_data import Bench

RED = Picture(4, 4, bytes((255, 0, 0)) * 16)
BLUE = Picture(4, 4, bytes((0, 0, 255)) * 16)


def seen(skipped: int = 0) -> DataSeen:
    classes = tuple(ClassSeen(name, 1500, 7, count, (RED, BLUE)) for name, count in (("cat", 9), ("dog", 3)))
    files = tuple(SkippedFile(f"cat/{number}.jpg", "an empty file") for number in range(min(skipped, 3)))
    varied = (Varied(RED, (BLUE,) * 5),)
    return DataSeen("pets", (4, 4, 3), classes, 0.0, 250.0, 121.5, RED, 2000, varied, files, skipped)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def workspace(bench: Bench, qtbot: QtBot) -> DataWorkspace:
    view = DataWorkspace(bench.document, bench.model)
    qtbot.addWidget(view)
    view.resize(1366, 640)
    view.show()
    qtbot.waitUntil(lambda: bench.model.state is DataState.LOOKING)
    return view


def test_it_looks_when_it_is_shown_and_not_before(bench: Bench, qtbot: QtBot) -> None:
    view = DataWorkspace(bench.document, bench.model)
    qtbot.addWidget(view)
    bench.document.changed.emit()
    assert not bench.looks
    view.show()
    qtbot.waitUntil(lambda: len(bench.looks) == 1)


def test_counts_values_pictures_and_skipped_files_are_shown(bench: Bench, workspace: DataWorkspace) -> None:
    bench.tell(seen(skipped=12_345))
    table = workspace.seen.classes
    rows = [[table.item(row, column).text() for column in range(4)] for row in range(table.rowCount())]  # type: ignore[union-attr]
    assert rows == [["All", "3,000", "14", "12"], ["cat", "1,500", "7", "9"], ["dog", "1,500", "7", "3"]]
    assert workspace.heading.text() == "pets"
    assert workspace.facts.full_text == "2 classes · 4 × 4 px · colour"
    assert workspace.seen.values.facts() == [
        ("Values", "0 to 250"),
        ("Mean of all values", "122"),
        ("Taken over", "2,000 pictures"),
    ]
    assert workspace.seen.skipped.topLevelItemCount() == 3
    assert workspace.seen.skipped_note.text() == "12,345 files are not used. The first 3 are listed."
    shown = workspace.seen.sheet.grab().toImage()
    colours = {shown.pixelColor(x, 16).name() for x in range(shown.width())}
    assert {QColor(255, 0, 0).name(), QColor(0, 0, 255).name()} <= colours


def test_names_on_the_sheet_are_of_one_size(qtbot: QtBot) -> None:
    """A smaller one where one of them has no room in a line."""
    sheet = ContactSheet(1)
    qtbot.addWidget(sheet)
    for other, font in (("dog", theme.body_font()), ("great white shark", theme.secondary_font())):
        sheet.show_classes([ClassSeen(name, 1, 0, 0, (RED,)) for name in ("cat", other)])
        assert sheet.name_font() == font


def test_progress_is_shown_and_can_be_cancelled(bench: Bench, workspace: DataWorkspace, qtbot: QtBot) -> None:
    bench.tell(DataDecoded(12_000))
    assert workspace.looking.isVisible()
    assert "12,000" in workspace.looking.label.text()
    qtbot.mouseClick(workspace.looking.cancel, Qt.MouseButton.LeftButton)
    assert bench.looks[0].closed
    assert workspace.note.isVisible()
    qtbot.mouseClick(workspace.note.button, Qt.MouseButton.LeftButton)
    assert len(bench.looks) == 2


def test_a_failure_says_what_to_do(bench: Bench, workspace: DataWorkspace) -> None:
    bench.tell(DataNotFoundError(source="pets", expected="a file or folder", hint="Correct the path."))
    assert workspace.note.isVisible()
    assert workspace.note.button.text() == "Try again"


def test_fitting_says_what_it_changes_and_does_it_once(
    bench: Bench, workspace: DataWorkspace, qtbot: QtBot
) -> None:
    assert not workspace.fit_button.isEnabled()
    bench.tell(seen())
    assert "fc1 outputs 10 → 2" in workspace.misfit.text()
    qtbot.mouseClick(workspace.fit_button, Qt.MouseButton.LeftButton)
    assert not workspace.fit_button.isEnabled()
    assert not workspace.misfit.isVisible()
    assert bench.document.undo_stack.undo_title is not None


def test_what_was_seen_stays_while_another_look_is_quick(bench: Bench, workspace: DataWorkspace) -> None:
    bench.tell(seen())
    bench.model.look()
    assert workspace.seen.isVisible()
    assert workspace.facts.full_text == "Reading the data set"
    bench.tell(DataDecoded(1))
    assert workspace.looking.isVisible()


def test_a_chosen_folder_becomes_the_data_set_and_is_looked_at(
    bench: Bench, workspace: DataWorkspace, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bench.tell(seen())
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "birds"))
    workspace.settings.folder_button.click()
    assert bench.document.network.data == DataSettings(source="path", path=str(tmp_path / "birds"))
    qtbot.waitUntil(lambda: len(bench.looks) == 2)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    workspace.settings.file_button.click()
    assert bench.document.network.data.path == str(tmp_path / "birds"), "nothing was chosen"
    bench.document.save(tmp_path / "net.convnet")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "a" / "b.npz"), ""))
    workspace.settings.file_button.click()
    assert bench.document.network.data.path == str(Path("a", "b.npz")), "as it is seen from the file"


def test_bars_are_as_long_as_counts(bench: Bench, workspace: DataWorkspace) -> None:
    bench.tell(seen())
    table = workspace.seen.classes
    image = table.viewport().grab().toImage()
    top = table.rowViewportPosition(1) + 5

    def bar(column: int) -> int:
        left = table.columnViewportPosition(column)
        row = [image.pixelColor(left + x, top).rgb() for x in range(2, table.columnWidth(column) - 2)]
        return int(np.sum(np.array(row) != row[0])) if row[0] != row[-1] else 0

    assert bar(1) > 20 * max(1, bar(2))
