"""What was left unsaved is offered at the start, one question at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from studio.app import build, settle
from studio.models.document import Document
from studio.models.handover import hand_over
from studio.models.recovery import left_behind
from studio.qt.autosave import Rescue, recovery_folder
from studio.services.engine_process import EngineProcesses, RunningEngine
from tests.studio.networks import small_document


class Bench:
    """A studio's start, and how often it was told that nothing more is asked."""

    def __init__(self, qtbot: QtBot, left: int) -> None:
        for _ in range(left):
            hand_over(small_document(), None, recovery_folder())
        self.document, self.window = Document(), QWidget()
        qtbot.addWidget(self.window)
        self.told = 0
        rescue = Rescue(self.document, self.window)
        rescue.done.connect(self._tell)
        rescue.offer()

    def _tell(self) -> None:
        self.told += 1

    def questions(self) -> list[QMessageBox]:
        """Return what is asked now."""
        return [box for box in self.window.findChildren(QMessageBox) if box.isVisible()]

    def answer(self, words: str) -> None:
        (box,) = self.questions()
        next(button for button in box.buttons() if button.text() == words).click()
        QApplication.processEvents()


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def test_where_nothing_was_left_nothing_is_asked(qtbot: QtBot) -> None:
    bench = Bench(qtbot, left=0)
    assert (bench.questions(), bench.told) == ([], 1)


def test_what_is_discarded_makes_way_for_the_next(qtbot: QtBot) -> None:
    """One at a time; the start goes on once the last is answered."""
    bench = Bench(qtbot, left=2)
    bench.answer("Discard")
    assert bench.told == 0
    bench.answer("Recover")
    assert (bench.questions(), bench.told) == ([], 1)
    assert bench.document.dirty
    assert left_behind(recovery_folder()) == []


def test_what_is_put_off_is_kept(qtbot: QtBot) -> None:
    bench = Bench(qtbot, left=2)
    bench.answer("Ask later")
    assert (bench.questions(), bench.told) == ([], 1)
    assert len(left_behind(recovery_folder())) == 2


def test_a_question_that_is_closed_is_put_off(qtbot: QtBot) -> None:
    bench = Bench(qtbot, left=1)
    bench.questions()[0].close()
    assert (bench.questions(), bench.told) == ([], 1)
    assert len(left_behind(recovery_folder())) == 1


def test_a_run_in_the_background_is_told_of_after_what_was_left(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not over the question about the network."""
    hand_over(small_document(), None, recovery_folder())
    running = [RunningEngine(Path("/runs/1/connection.json"), "/runs/1")]
    monkeypatch.setattr(EngineProcesses, "running", lambda _: running)
    studio = build()
    studio.window.show()
    settle(studio)

    def asked() -> list[str]:
        return [box.windowTitle() for box in studio.window.findChildren(QMessageBox) if box.isVisible()]

    assert asked() == ["Unsaved network"]
    (box,) = studio.window.findChildren(QMessageBox)
    box.close()
    assert asked() == ["A run in the background"]
    studio.window.close()
    studio.leave()
