"""A message above the work that does not stop it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from studio.qt import icons, theme
from studio.qt.labels import Label

_MOST_LINES = 6


class Banner(QFrame):
    """Shows one message until it is closed or another one comes.

    ``action`` is a button beside the message, where that has something to do.
    """

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self._icon = QLabel()
        self._label = Label()
        self._label.setWordWrap(True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self._label.setSizePolicy(policy)
        self.action = QPushButton()
        self.action.hide()
        self._close = QToolButton()
        self._close.setObjectName("flat")
        self._close.setToolTip(self.tr("Close this message"))
        self._close.setAccessibleName(self.tr("Close this message"))
        self._close.clicked.connect(self.hide)
        self._close.clicked.connect(self.closed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._label, 1)
        layout.addWidget(self.action, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self._show_icons()
        self.hide()

    def say(self, message: str, action: str = "") -> None:
        """Show a message, and an action where there is one.

        A message of very many lines is cut, and is whole in the tooltip.
        """
        self.action.setText(action)
        self.action.setVisible(bool(action))
        lines = message.splitlines()
        if len(lines) > _MOST_LINES:
            more = self.tr("… and {count} more").format(count=len(lines) - _MOST_LINES + 1)
            lines = [*lines[: _MOST_LINES - 1], more]
        self._label.setText("\n".join(lines))
        self._label.setToolTip(message if len(message.splitlines()) > _MOST_LINES else "")
        self.setAccessibleName(message)
        self.show()

    @property
    def message(self) -> str:
        """What is shown; "" where nothing is."""
        return "" if self.isHidden() else self._label.text()

    def _show_icons(self) -> None:
        colour = theme.colour("error")
        self._icon.setPixmap(icons.pixmap("problem", 20, colour, self.devicePixelRatioF()))
        self._close.setIcon(icons.icon("close", 16))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show_icons()
