"""The end of a training is told to whoever is elsewhere."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.models.observable import Event
from studio.models.run_state import RunState
from studio.qt.end_notice import EndNotice


class Run:
    def __init__(self) -> None:
        self.state_changed: Event[[]] = Event()
        self.state = RunState.NONE

    def go(self, state: RunState) -> None:
        self.state = state
        self.state_changed.emit()


@pytest.mark.parametrize(("is_looked_at", "told"), [(False, 1), (True, 0)])
def test_the_window_system_points_at_a_window_that_is_not_looked_at(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, is_looked_at: bool, told: int
) -> None:
    """Once, when a training has ended, and not for one that had ended before."""
    window, run, alerts = QWidget(), Run(), []
    qtbot.addWidget(window)
    monkeypatch.setattr(window, "isActiveWindow", lambda: is_looked_at)
    monkeypatch.setattr(QApplication, "alert", alerts.append)
    EndNotice(window, run)  # type: ignore[arg-type]
    run.go(RunState.FINISHED)
    assert alerts == [], "an old run was looked at"
    for state in (RunState.TRAINING, RunState.TESTING, RunState.FINISHED, RunState.FINISHED):
        run.go(state)
    assert alerts == [window] * told
