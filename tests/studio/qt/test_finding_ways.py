"""Command palette, cheat sheet, history, export, layout: ways that lead everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QScrollArea
from pytestqt.qtbot import QtBot

from studio.actions import ACTIONS
from studio.models import commenting, editing
from studio.qt.cheat_sheet import GESTURES, CheatSheet
from studio.qt.command_palette import CommandPalette
from studio.qt.commands import keys_of, plain
from studio.qt.window_place import bring_onto_a_screen
from tests.studio.qt.test_main_window import Bench, choose_file


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    """A window with the small network."""
    bench = Bench(qtbot)
    bench.show_network()
    return bench


def test_a_command_is_found_by_its_words_and_carried_out(bench: Bench) -> None:
    """Only what can be done now is listed."""
    palette = CommandPalette(bench.window.commands, bench.window)
    palette.open()
    QTest.keyClicks(palette.search, "select all")
    assert palette.list.count() == 1
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
    assert len(bench.selection.layers) == 7
    bench.do("find_command")
    palette = bench.window.findChildren(CommandPalette)[-1]
    QTest.keyClicks(palette.search, "redo")
    assert palette.list.count() == 0


def test_the_cheat_sheet_has_every_key(bench: Bench) -> None:
    """From the table of commands, and the gestures of the mouse."""
    bench.do("keys")
    sheet = bench.window.findChild(CheatSheet)
    texts = {label.text() for label in sheet.findChildren(QLabel)}
    page = sheet.findChild(QScrollArea).widget()
    assert sheet.width() > page.sizeHint().width() or sheet.width() == bench.window.width()
    for row in ACTIONS:
        if keys_of(row):
            assert {", ".join(keys_of(row)), plain(row.title)} <= texts, row.id
    assert {words for pair in GESTURES for words in pair} <= texts
    sheet.close()


def test_the_history_goes_to_any_step(bench: Bench) -> None:
    """It follows what is done elsewhere."""
    for x in (80, 160):
        editing.move(bench.document, {"conv1": (x, 0)})
    bench.do("history")
    history = bench.window.history
    assert history is not None
    rows = history.list
    assert [rows.item(row).text() for row in range(rows.count())] == ["Start", "Move conv1", "Move conv1"]
    rows.itemClicked.emit(rows.item(1))
    assert bench.document.network.positions["conv1"] == (80, 0)
    assert rows.currentRow() == 1
    bench.do("redo")
    assert rows.currentRow() == 2


@pytest.mark.parametrize("suffix", [".svg", ".png", ""])
def test_the_drawing_is_exported(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """Larger than the cards, with the names as text in the SVG."""
    commenting.add(bench.document, "features", (0, 0), ["conv1"])
    path = tmp_path / f"drawing{suffix}"
    choose_file(monkeypatch, "getSaveFileName", path)
    bench.do("export")
    if suffix == ".png":
        image = QImage(str(path))
        assert image.width() > 2 * 176
        assert len({image.pixel(x, y) for x in range(0, image.width(), 9) for y in range(0, 900, 9)}) > 8
    else:
        path = path.with_suffix(".svg")
        assert QSvgRenderer(str(path)).isValid()
        assert ">conv1<" in path.read_text()
        assert "features" in path.read_text()


def test_an_export_that_cannot_be_written_is_told(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing else happens."""
    (tmp_path / "file").write_text("")
    for suffix in ("svg", "png"):
        choose_file(monkeypatch, "getSaveFileName", tmp_path / "file" / f"a.{suffix}")
        bench.do("export")
        assert "a." in bench.window.banner.message or "file" in bench.window.banner.message
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    bench.do("export")


def test_the_layout_is_reset(bench: Bench, qtbot: QtBot) -> None:
    """Panels have their first widths again."""
    window = bench.window
    before = window.palette_panel.width()
    window.resizeDocks([window.docks.sides[0]], [400], Qt.Orientation.Horizontal)
    bench.do("problems")
    qtbot.waitUntil(lambda: window.palette_panel.width() > before)
    bench.do("reset_layout")
    qtbot.waitUntil(lambda: window.palette_panel.width() == before)
    assert not window.problems.isVisible()


def test_a_window_beyond_all_screens_comes_back(bench: Bench) -> None:
    """One that can be reached stays where it is."""
    window = bench.window
    window.move(40, 30)
    bring_onto_a_screen(window)
    assert (window.x(), window.y()) == (40, 30)
    window.move(20_000, 20_000)
    bring_onto_a_screen(window)
    assert window.screen().availableGeometry().intersects(window.frameGeometry())


def test_the_schedule_is_drawn_as_it_will_be(bench: Bench) -> None:
    """Rates from the first epoch to the last, anew with every change."""
    bench.selection.clear()
    panel = bench.window.inspector.network_panel
    training = bench.document.network.training
    rates = panel.schedule_curve.rates
    assert rates[0] == training.schedule.rate_at(0, training.epochs)
    panel._set_training(None, schedule=type(training.schedule)(rate=0.5))
    assert panel.schedule_curve.rates[-1] == 0.5


def test_the_keyboard_goes_to_the_canvas_and_to_the_list_of_layers(bench: Bench) -> None:
    """From wherever it is."""
    bench.do("training")
    bench.do("go_palette")
    assert bench.window.workspace == "design"
    assert bench.window.focusWidget() is bench.window.palette_panel.search
    bench.do("go_canvas")
    assert bench.window.focusWidget() is bench.window.canvas.view
