"""What all editors of fields have in common."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.layers.fields import FieldSpec

EDITOR_HEIGHT = 28


class FieldEditor(QWidget):
    """Base of all editors.

    ``edited`` carries a value that the spec has parsed. ``refused`` is emitted while what is typed is no
    value, and ``accepted`` once it is one again. ``gesture`` is the same from the moment the editor gets
    the focus until the person leaves it or presses Enter: what is typed meanwhile is one step of undo.
    """

    edited = Signal(object)
    refused = Signal()
    accepted = Signal()

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self.gesture = object()
        self._shown: Any = None
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(4)

    def show_value(self, value: Any) -> None:
        """Show a value. What is being typed stays where it means that value."""
        raise NotImplementedError

    def describe(self, name: str, help_text: str) -> None:
        """Name the editor for who cannot see its label, and explain it in a tooltip."""
        self.setToolTip(help_text)
        for part in self._parts():
            part.setAccessibleName(name)
            part.setAccessibleDescription(help_text)

    def mark(self, *, is_wrong: bool) -> None:
        """Show whether what is typed is wrong."""
        for part in self._parts():
            if bool(part.property("wrong")) != is_wrong:
                part.setProperty("wrong", is_wrong)
                part.style().unpolish(part)
                part.style().polish(part)

    def _parts(self) -> list[QWidget]:
        """Return the widgets in which the person types."""
        raise NotImplementedError

    def _watch(self, part: QWidget) -> None:
        part.setFixedHeight(EDITOR_HEIGHT)
        self._row.addWidget(part)
        part.installEventFilter(self)
        if self.focusProxy() is None:
            self.setFocusProxy(part)

    def _has_focus(self) -> bool:
        return any(part.hasFocus() for part in self._parts())

    def _on_left(self) -> None:
        """The person leaves the editor. Qt tells no end of editing where Enter was pressed before."""

    def _end_gesture(self) -> None:
        self.gesture = object()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave the wheel to the panel, and undo to the document: it takes back what was typed too."""
        if isinstance(event, QWheelEvent) and not self._has_focus():
            event.ignore()
            return True
        if event.type() == QEvent.Type.FocusIn:
            self._end_gesture()
        elsewhere = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
        if isinstance(event, QFocusEvent) and event.lostFocus() and event.reason() not in elsewhere:
            self._on_left()
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            undo, redo = QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo
            if event.matches(undo) or event.matches(redo):
                event.ignore()
                return True
        return super().eventFilter(watched, event)
