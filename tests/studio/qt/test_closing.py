"""Closing the window while a training goes on."""

import pytest
from PySide6.QtWidgets import QWidget

from engine.protocol.messages import RunState as EngineState
from engine.protocol.messages import Stop
from studio.models.run import RunModel
from studio.models.run_state import RunState
from studio.qt.closing import CloseGuard
from tests.studio.fake_engine import FakeEngines, small_document


@pytest.fixture
def stage(qtbot, monkeypatch):
    engines = FakeEngines()
    run = RunModel(engines)
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    guard = CloseGuard(window, run)
    asked = []

    def answer(choice):
        monkeypatch.setattr(guard, "ask", lambda: asked.append(choice) or choice)

    answer("cancel")
    yield engines, run, window, answer, asked
    if engines.links:
        end(engines, run)


def end(engines, run):
    """Let the engine say that it has stopped, as it does: in the journal, then in its heartbeat."""
    engines.links[-1].state(EngineState.STOPPED)
    engines.links[-1].beat(EngineState.STOPPED)
    run.update()


def test_without_a_training_nothing_is_asked(stage):
    _, _, window, _, asked = stage
    assert window.close()
    assert asked == []


def test_cancel_keeps_the_window_and_the_training(stage):
    engines, run, window, _, asked = stage
    run.train(small_document())
    assert not window.close()
    assert window.isVisible()
    assert asked == ["cancel"]
    assert engines.link.asked == []


def test_keep_closes_the_window_and_sends_nothing(stage):
    engines, run, window, answer, _ = stage
    run.train(small_document())
    answer("keep")
    assert window.close()
    assert engines.link.asked == []
    assert run.state is RunState.STARTING


def test_stop_closes_the_window_only_once_the_engine_says_stopped(stage):
    engines, run, window, answer, _ = stage
    run.train(small_document())
    engines.link.beat(EngineState.TRAINING)
    run.update()
    answer("stop")
    assert not window.close()
    assert engines.link.asked == [Stop()]
    assert window.isVisible()
    end(engines, run)
    assert not window.isVisible()
