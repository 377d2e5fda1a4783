"""The one place where what an engine says crosses from the client's thread to Qt's main thread."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

FRAME = 33
"""Milliseconds between two deliveries while messages come in: at most 30 a second."""

IDLE = 500
"""Milliseconds between two deliveries while none come in, so that silence is noticed."""


class EventBridge(QObject):
    """Calls receivers on the main thread, soon after ``wake`` was called on any thread.

    Any number of wakings between two frames make one delivery, and one event of Qt.
    """

    _woken = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._receivers: list[Callable[[], None]] = []
        self._is_due = False
        self._frame = QTimer(self, interval=FRAME, singleShot=True)
        self._frame.timeout.connect(self._deliver)
        self._idle = QTimer(self, interval=IDLE)
        self._idle.timeout.connect(self._deliver)
        self._woken.connect(self._on_woken, Qt.ConnectionType.QueuedConnection)

    def deliver_to(self, receive: Callable[[], None]) -> None:
        """Begin to call ``receive``, too."""
        self._receivers.append(receive)
        self._idle.start()

    def wake(self) -> None:
        """Ask for a delivery; may be called on any thread."""
        if not self._is_due:
            self._is_due = True
            self._woken.emit()

    def _on_woken(self) -> None:
        if not self._frame.isActive():
            self._frame.start()

    def _deliver(self) -> None:
        self._is_due = False  # before receiving: what comes in meanwhile asks for another delivery
        if self._receivers:
            self._idle.start()
        for receive in self._receivers:
            receive()
