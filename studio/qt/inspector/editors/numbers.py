"""Spin boxes: a whole number, or a height and a width."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from engine.layers.fields import PairSpec, WholeSpec
from studio.qt import icons, theme
from studio.qt.inspector.editors.base import FieldEditor
from studio.qt.spin_box import SpinBox
from studio.qt.texts import layer_text

_SYMBOLS = ("px",)
"""Units that follow any number in the box; words such as "epochs" stand in the label."""


def suffix_of(spec: WholeSpec) -> str:
    """Return what follows a number in its box."""
    return f" {layer_text(spec.unit)}" if spec.unit in _SYMBOLS and not isinstance(spec, PairSpec) else ""


class _SpinBox(SpinBox):
    def __init__(self, spec: WholeSpec) -> None:
        super().__init__()
        self.setRange(spec.minimum, spec.maximum)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(56)
        self.setSuffix(suffix_of(spec))

    def validate(self, text: str, at: int) -> tuple[QValidator.State, str, int]:
        """Let anything be typed, so that what is no value can be told; it counts only once it is one."""
        separator = self.locale().groupSeparator()
        if separator and separator in text:  # Qt would leave it out, and take 1,5 for 15
            return QValidator.State.Intermediate, text, at
        state, text, at = super().validate(text, at)
        return (QValidator.State.Intermediate if state == QValidator.State.Invalid else state), text, at

    def fixup(self, text: str) -> str:
        """Make no value of what is none."""
        return text

    def put(self, value: int) -> None:
        """Show a value without saying that it was edited."""
        if value != self.value():
            self.blockSignals(True)
            self.setValue(value)
            self.blockSignals(False)


class _BoxEditor(FieldEditor):
    """Says when a box holds no value, such as a number out of range. Left so, it shows its value again."""

    def _boxes(self) -> tuple[_SpinBox, ...]:
        raise NotImplementedError

    def _parts(self) -> list[QWidget]:
        return list(self._boxes())

    def _on_key(self) -> None:
        is_value = all(box.hasAcceptableInput() for box in self._boxes())
        (self.accepted if is_value else self.refused).emit()

    def _on_finished(self) -> None:
        self._end_gesture()
        self.accepted.emit()


class WholeEditor(_BoxEditor):
    """A spin box."""

    def __init__(self, spec: WholeSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self.box = _SpinBox(spec)
        self._watch(self.box)
        self.box.valueChanged.connect(self.edited.emit)
        self.box.editingFinished.connect(self._on_finished)
        self.box.lineEdit().textEdited.connect(self._on_key)

    def show_value(self, value: Any) -> None:
        self.box.put(value)

    def _boxes(self) -> tuple[_SpinBox, ...]:
        return (self.box,)


class PairEditor(_BoxEditor):
    """Two spin boxes, height and width, with a button that keeps them equal."""

    def __init__(self, spec: PairSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self.boxes = (_SpinBox(spec), _SpinBox(spec))
        for box in self.boxes:
            self._watch(box)
            box.editingFinished.connect(self._on_finished)
            box.lineEdit().textEdited.connect(self._on_key)
        self.link = QToolButton()
        self.link.setCheckable(True)
        self.link.setObjectName("flat")
        self.link.setToolTip(self.tr("Keep height and width equal"))
        self.link.setAccessibleName(self.tr("Keep height and width equal"))
        self._row.insertWidget(1, self.link)
        self.link.toggled.connect(self._on_linked)
        self.boxes[0].valueChanged.connect(lambda value: self._on_typed(0, value))
        self.boxes[1].valueChanged.connect(lambda value: self._on_typed(1, value))
        self._show_link()

    def show_value(self, value: Any) -> None:
        if self._shown is None or value[0] != value[1]:
            self._set_linked(value[0] == value[1])
        self._shown = value
        for box, part in zip(self.boxes, value, strict=True):
            box.put(part)

    def describe(self, name: str, help_text: str) -> None:
        super().describe(name, help_text)
        for box, which in zip(self.boxes, (self.tr("height"), self.tr("width")), strict=True):
            box.setAccessibleName(f"{name}: {which}")
            box.setToolTip(f"<p><b>{which}</b></p><p>{help_text}</p>")

    def _boxes(self) -> tuple[_SpinBox, ...]:
        return self.boxes

    def _set_linked(self, is_linked: bool) -> None:
        self.link.blockSignals(True)
        self.link.setChecked(is_linked)
        self.link.blockSignals(False)
        self._show_link()

    def _on_linked(self, is_linked: bool) -> None:
        self._show_link()
        if is_linked and self.boxes[1].value() != self.boxes[0].value():
            self._on_typed(0, self.boxes[0].value())

    def _on_typed(self, index: int, value: int) -> None:
        if self.link.isChecked():
            self.boxes[1 - index].put(value)
        self.edited.emit((self.boxes[0].value(), self.boxes[1].value()))

    def _show_link(self) -> None:
        name, colour = ("link", "accent") if self.link.isChecked() else ("unlink", "secondary")
        self.link.setIcon(icons.icon(name, 16, theme.colour(colour)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show_link()
