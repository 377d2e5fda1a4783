"""Lines of text: for a number, a text, or a list of numbers."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QLineEdit, QWidget

from engine.layers.fields import FieldSpec, RealSpec
from studio.qt.inspector.editors.base import FieldEditor

_LONGEST_TEXT = 4096


class _LineEditor(FieldEditor):
    """A line of text that is parsed at every key."""

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self._is_refused = False
        self.line = QLineEdit()
        self.line.setMaxLength(_LONGEST_TEXT)
        self._watch(self.line)
        self.line.textEdited.connect(self._on_typed)
        self.line.editingFinished.connect(self._on_finished)

    def show_value(self, value: Any) -> None:
        is_typing = self._has_focus() and value == self._shown
        self._shown = value
        if not is_typing:
            self.line.setText(self._format(value))
            self._accept()

    def _accept(self) -> None:
        self._is_refused = False
        self.accepted.emit()

    def _parts(self) -> list[QWidget]:
        return [self.line]

    def _format(self, value: Any) -> str:
        raise NotImplementedError

    def _read(self, text: str) -> Any:
        """Return what the text says; raise ValueError where it says nothing of the kind."""
        raise NotImplementedError

    def _on_typed(self, text: str) -> None:
        try:
            value = self.spec.parse(self._read(text.strip()))
        except (ValueError, OverflowError, ZeroDivisionError):
            self._is_refused = True
            self.refused.emit()
            return
        self._accept()
        self._shown = value
        self.edited.emit(value)

    def _on_finished(self) -> None:
        """Show the value that counts; what is wrong stays to be mended until the person leaves."""
        self._end_gesture()
        if self._is_refused and self._has_focus():
            return
        self.line.setText(self._format(self._shown))
        self._accept()

    def _on_left(self) -> None:
        self._on_finished()


class RealEditor(_LineEditor):
    """A line for a number, which may be written as a fraction such as 1/64. Empty is the network's own."""

    spec: RealSpec

    def __init__(self, spec: RealSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        if spec.optional:
            self.line.setPlaceholderText(self.tr("network's own"))
            self.line.setClearButtonEnabled(True)

    def show_inherited(self, value: float) -> None:
        """Say which value the network's own is."""
        self.line.setPlaceholderText(self.tr("network's own ({value})").format(value=self._format(value)))

    def _format(self, value: Any) -> str:
        return "" if value is None else repr(float(value)).removesuffix(".0")

    def _read(self, text: str) -> Any:
        if not text and self.spec.optional:
            return None
        numerator, slash, denominator = text.replace(",", ".").partition("/")
        return float(numerator) / float(denominator) if slash else float(numerator)


class TextEditor(_LineEditor):
    """A line of text."""

    def _format(self, value: Any) -> str:
        return str(value)

    def _read(self, text: str) -> Any:
        return text


class WholeListEditor(_LineEditor):
    """Whole numbers with commas between them."""

    def _format(self, value: Any) -> str:
        return ", ".join(map(str, value))

    def _read(self, text: str) -> Any:
        return [int(part) for part in text.replace(",", " ").split()]


class RealListEditor(_LineEditor):
    """Numbers with spaces or semicolons between them."""

    def _format(self, value: Any) -> str:
        return "; ".join(repr(number).removesuffix(".0") for number in value)

    def _read(self, text: str) -> Any:
        return [float(part) for part in text.replace(";", " ").split()]
