"""The drawer of runs, as a person uses it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QInputDialog, QMessageBox, QPushButton, QWidget

from engine.protocol.library import ChangeRun, EmptyTrash, Runs
from studio.qt.runs.drawer import QUESTION, RunsDrawer
from studio.qt.runs.table import RUN, device_name
from tests.studio.models.test_runs import card, listed


@pytest.fixture
def drawer(qtbot):
    """Over a window, with two runs and one in the trash."""
    runs, library = listed(card("a"), card("b"), card("c", in_trash=True))
    work = QWidget()
    work.resize(1000, 700)
    qtbot.addWidget(work)
    drawer = RunsDrawer(runs, work)
    drawer.library = library
    work.show()
    drawer.show()
    return drawer


def answer_list(drawer, *cards):
    drawer._runs.refresh()
    drawer.library.answer(Runs(cards))


def choose(drawer, row):
    drawer.table.setCurrentIndex(drawer.table.list.index(row, RUN))


def test_enter_and_a_double_click_open_the_run_that_is_chosen(drawer, qtbot):
    opened = []
    drawer.open_requested.connect(opened.append)
    qtbot.keyClick(drawer.table, Qt.Key.Key_Return)
    assert opened == [], "none is chosen yet"
    choose(drawer, 1)
    qtbot.keyClick(drawer.table, Qt.Key.Key_Return)
    drawer.table.doubleClicked.emit(drawer.table.currentIndex())
    assert [each.name for each in opened] == ["b", "b"]


def answer(drawer, text):
    dialog = next(dialog for dialog in drawer.findChildren(QInputDialog) if dialog.isVisible())
    assert dialog.width() >= QUESTION
    dialog.setTextValue(text)
    dialog.accept()
    QApplication.processEvents()


def test_a_run_is_renamed_and_tagged(drawer):
    drawer.rename(drawer._runs.card("/runs/a"))
    answer(drawer, "Wide")
    assert drawer.library.requests[-1] == ChangeRun("/runs/a", "Wide", (), False)
    drawer.rename(drawer._runs.card("/runs/a"))
    answer(drawer, "a")
    assert drawer.library.requests[-1] == ChangeRun("/runs/a", "", (), False), "its own name again"
    drawer.tag(drawer._runs.card("/runs/b"))
    answer(drawer, "good, wide")
    assert drawer.library.requests[-1] == ChangeRun("/runs/b", "", ("good", "wide"), False)


def test_the_trash_is_emptied_only_on_purpose(drawer, qtbot):
    drawer.trash_button.click()
    before = len(drawer.library.asked)
    for is_meant in (False, True):
        drawer.empty_button.click()
        (box,) = drawer.findChildren(QMessageBox)
        assert box.text() == "Runs in the trash: 1. Remove them, and all in their folders, for good?"
        cancel = box.button(QMessageBox.StandardButton.Cancel)
        assert box.defaultButton() is cancel
        remove = next(button for button in box.findChildren(QPushButton) if button is not cancel)
        (remove if is_meant else cancel).click()
        assert (EmptyTrash() in drawer.library.requests[before:]) == is_meant
        qtbot.waitUntil(lambda: not drawer.findChildren(QMessageBox))


def test_runs_in_the_trash_that_are_open_stay_and_it_says_so(drawer):
    drawer.trash_button.click()
    opened = card("c", in_trash=True, connection="/runs/c/connection.json")
    answer_list(drawer, opened)
    assert not drawer.empty_button.isEnabled()
    assert drawer.empty_button.toolTip().startswith("Open runs stay in the trash: 1.")
    answer_list(drawer, opened, card("d", in_trash=True))
    drawer.empty_button.click()
    first, _, second = drawer.findChildren(QMessageBox)[-1].text().partition("\n\n")
    assert first.startswith("Runs in the trash: 1.")
    assert second == drawer.empty_button.toolTip()


def test_devices_are_named_as_in_the_choice_of_devices():
    names = [device_name(device) for device in ("cpu", "cpu:2", "cuda:0,cuda:1")]
    assert names == ["CPU", "2 × CPU", "cuda:0,cuda:1"]
