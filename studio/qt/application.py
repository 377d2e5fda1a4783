"""The Qt application: its name, its faults, its first painted frame, its pictures of itself."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from engine.version import program_version
from studio.qt.faults import Faults
from studio.qt.language import chosen, install

NAME = "ConvNet Studio"


def has_screen() -> bool:
    """Whether windows can be shown: on Linux, whether a display is named."""
    if os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        return False
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


class Application:
    """Wraps the one QApplication. ``offscreen`` draws into memory."""

    def __init__(self, *, offscreen: bool = False) -> None:
        if offscreen:
            os.environ["QT_QPA_PLATFORM"] = "offscreen"
        self._app = QApplication(sys.argv[:1])
        self._app.setApplicationName(NAME)
        self._app.setOrganizationName(NAME)
        self._app.setApplicationVersion(program_version())
        self._app.setDesktopFileName("convnet-studio")
        install(self._app, chosen())
        self.faults = Faults(self._app)
        self.faults.install()

    def run(self) -> int:
        """Serve events until ``quit`` or until the last window is closed; return the exit code."""
        return self._app.exec()

    def process_events(self) -> None:
        """Do what is due, drawing included, for those who have a loop of their own."""
        self._app.processEvents()

    def quit(self, code: int = 0) -> None:
        """End ``run`` with an exit code."""
        self._app.exit(code)

    def later(self, milliseconds: int, then: Callable[[], None]) -> None:
        """Call ``then`` after some time."""
        QTimer.singleShot(milliseconds, self._app, then)

    def after_first_paint(self, window: QWidget, then: Callable[[], None]) -> None:
        """Call ``then`` once the window is on the screen."""
        _FirstPaint(window, then)

    def on_interrupt(self, then: Callable[[], object]) -> None:
        """Let Ctrl+C in the terminal call ``then``; a second one ends the program at once."""

        def interrupted(*_: object) -> None:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            self.later(0, lambda: _call(then))

        signal.signal(signal.SIGINT, interrupted)


class _FirstPaint(QObject):
    """Calls back once, after a window has been painted for the first time."""

    def __init__(self, window: QWidget, then: Callable[[], None]) -> None:
        super().__init__(window)
        self._then = then
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, self._then)
        return False


def _call(then: Callable[[], object]) -> None:
    then()


def save_picture(window: QWidget, path: Path) -> bool:
    """Save the window as it looks now as a PNG; False where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return window.grab().save(str(path))
