"""Errors that nobody caught."""

import logging
import sys
import threading

import platformdirs
import pytest

from studio.qt.faults import Faults


@pytest.fixture
def faults(qapp, tmp_path, monkeypatch):
    monkeypatch.setattr(platformdirs, "user_log_path", lambda *_, **__: tmp_path / "log")
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    logger = logging.getLogger("studio")
    before = list(logger.handlers)
    faults = Faults()
    faults.install()
    yield faults
    for handler in [handler for handler in logger.handlers if handler not in before]:
        logger.removeHandler(handler)
        handler.close()


def test_an_error_that_nobody_caught_is_logged_and_the_program_lives(faults, tmp_path, capsys):
    try:
        raise ZeroDivisionError("by zero")
    except ZeroDivisionError:
        sys.excepthook(*sys.exc_info())
    assert faults.count == 1
    assert "ZeroDivisionError: by zero" in (tmp_path / "log" / "studio.log").read_text()
    assert "ZeroDivisionError: by zero" in capsys.readouterr().err


def test_errors_of_threads_are_taken_too(faults, qtbot):
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: faults.count == 1)


def test_a_log_that_cannot_be_written_stops_nothing(qapp, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(platformdirs, "user_log_path", lambda *_, **__: tmp_path / "file" / "log")
    assert Faults().log_file is None
