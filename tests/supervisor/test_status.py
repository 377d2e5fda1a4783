"""The state of a run is what is true, not what was asked for or heard too late."""

from __future__ import annotations

from engine.protocol.messages import RunState
from engine.supervisor.status import RunStatus


def test_a_pause_is_true_once_the_training_process_waits() -> None:
    status = RunStatus()
    status.report(RunState.TRAINING)
    status.pause()
    assert status.state is RunState.PAUSING
    status.report(RunState.TESTING)
    assert status.state is RunState.PAUSING
    status.report(RunState.PAUSED)
    assert status.state is RunState.PAUSED


def test_a_resume_is_true_once_it_trains() -> None:
    status = RunStatus()
    status.pause()
    status.report(RunState.PAUSED)
    status.resume()
    assert status.state is RunState.PAUSED
    status.report(RunState.TRAINING)
    assert status.state is RunState.TRAINING


def test_a_pause_that_is_taken_back_leaves_what_was() -> None:
    status = RunStatus()
    status.report(RunState.COMPILING)
    status.pause()
    status.resume()
    assert status.state is RunState.COMPILING


def test_nothing_comes_after_a_stop_but_the_end() -> None:
    status = RunStatus()
    status.report(RunState.TRAINING)
    status.stop()
    for act in (status.pause, status.resume, lambda: status.report(RunState.PAUSED)):
        act()
        assert status.state is RunState.STOPPING
    status.end(RunState.STOPPED)
    status.report(RunState.TRAINING)
    assert status.state is RunState.STOPPED


def test_a_restart_shows_until_the_new_process_says_what_it_does() -> None:
    status = RunStatus()
    status.report(RunState.TRAINING)
    status.restart()
    assert status.state is RunState.RESTARTING
    status.report(RunState.COMPILING)
    assert status.state is RunState.COMPILING


def test_what_was_asked_for_before_a_restart_stays_asked_for() -> None:
    status = RunStatus()
    status.pause()
    status.report(RunState.PAUSED)
    status.restart()
    assert status.state is RunState.RESTARTING
    assert status.is_pausing
    status.report(RunState.TRAINING)
    assert status.state is RunState.PAUSING
    status.stop()
    status.restart()
    assert status.state is RunState.STOPPING
