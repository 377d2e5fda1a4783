"""An editor for each kind of field: it shows a value, and says what was typed once that is a value."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QWidget,
)

from engine.layers.fields import (
    ChoiceSpec,
    FieldSpec,
    FlagSpec,
    PairSpec,
    RealListSpec,
    RealSpec,
    TextSpec,
    WholeListSpec,
    WholeSpec,
)
from engine.layers.neuron import NeuronSpec
from studio.qt import icons, theme
from studio.qt.texts import layer_text

_LONGEST_TEXT = 4096
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

    def _end_gesture(self) -> None:
        self.gesture = object()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave the wheel to the panel, and undo to the document: it takes back what was typed too."""
        if isinstance(event, QWheelEvent) and not self._has_focus():
            event.ignore()
            return True
        if event.type() == QEvent.Type.FocusIn:
            self._end_gesture()
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            undo, redo = QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo
            if event.matches(undo) or event.matches(redo):
                event.ignore()
                return True
        return super().eventFilter(watched, event)


class _SpinBox(QSpinBox):
    def __init__(self, spec: WholeSpec) -> None:
        super().__init__()
        self.setRange(spec.minimum, spec.maximum)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(56)
        self.lineEdit().setTextMargins(7, 0, 0, 0)
        if spec.unit:
            self.setSuffix(f" {layer_text(spec.unit)}")

    def put(self, value: int) -> None:
        """Show a value without saying that it was edited."""
        if value != self.value():
            self.blockSignals(True)
            self.setValue(value)
            self.blockSignals(False)


class WholeEditor(FieldEditor):
    """A spin box."""

    def __init__(self, spec: WholeSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self.box = _SpinBox(spec)
        self._watch(self.box)
        self.box.valueChanged.connect(self.edited.emit)
        self.box.editingFinished.connect(self._end_gesture)

    def show_value(self, value: Any) -> None:
        self.box.put(value)

    def _parts(self) -> list[QWidget]:
        return [self.box]


class PairEditor(FieldEditor):
    """Two spin boxes, height and width, with a button that keeps them equal."""

    def __init__(self, spec: PairSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self.boxes = (_SpinBox(spec), _SpinBox(spec))
        for box in self.boxes:
            box.setSuffix("")
            self._watch(box)
            box.editingFinished.connect(self._end_gesture)
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

    def _parts(self) -> list[QWidget]:
        return list(self.boxes)

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


class _LineEditor(FieldEditor):
    """A line of text that is parsed at every key."""

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
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
            self.refused.emit()
            return
        self.accepted.emit()
        self._shown = value
        self.edited.emit(value)

    def _on_finished(self) -> None:
        """Show the value that counts; what is wrong stays to be mended until the person leaves."""
        self._end_gesture()
        if self.line.property("wrong") and self._has_focus():
            return
        self.line.setText(self._format(self._shown))
        self.accepted.emit()


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


class FlagEditor(FieldEditor):
    """A box to tick."""

    def __init__(self, spec: FlagSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self.box = QCheckBox()
        self._watch(self.box)
        self._row.addStretch()
        self.box.clicked.connect(self._on_clicked)

    def show_value(self, value: Any) -> None:
        self.box.setChecked(value)

    def _on_clicked(self, is_checked: bool) -> None:
        self._end_gesture()
        self.edited.emit(is_checked)

    def _parts(self) -> list[QWidget]:
        return [self.box]


class ChoiceEditor(FieldEditor):
    """A list to choose from."""

    spec: ChoiceSpec

    def __init__(self, spec: ChoiceSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self.box = QComboBox()
        self.box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for value, title in spec.choices:
            self.box.addItem(layer_text(title), value)
        self._watch(self.box)
        self.box.activated.connect(self._on_activated)

    def show_value(self, value: Any) -> None:
        self.box.setCurrentIndex(self.box.findData(value))

    def _on_activated(self, index: int) -> None:
        self._end_gesture()
        self.edited.emit(self.box.itemData(index))

    def _parts(self) -> list[QWidget]:
        return [self.box]


class NeuronEditor(ChoiceEditor):
    """A list of neurons, in which one with parameters of its own can be typed: tanh[1.7159,0.6667]."""

    spec: NeuronSpec

    def __init__(self, spec: NeuronSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self.box.setEditable(True)
        self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        if line := self.box.lineEdit():
            line.editingFinished.connect(self._on_typed)

    def show_value(self, value: Any) -> None:
        self._shown = value
        self.box.setCurrentIndex(self.box.findData(value))
        self.box.setEditText(layer_text(dict(self.spec.choices).get(value, value)))
        if line := self.box.lineEdit():
            line.setCursorPosition(0)  # the beginning is seen of what is longer than the field
        self.accepted.emit()

    def _on_typed(self) -> None:
        text = self.box.currentText()
        if text == layer_text(dict(self.spec.choices).get(self._shown, self._shown)):
            return
        index = self.box.findText(text)
        try:
            value = self.box.itemData(index) if index >= 0 else self.spec.parse(text)
        except ValueError:
            self.refused.emit()
            return
        self._end_gesture()
        self.edited.emit(value)


_EDITORS: dict[type[FieldSpec], type[FieldEditor]] = {
    WholeSpec: WholeEditor,
    PairSpec: PairEditor,
    RealSpec: RealEditor,
    FlagSpec: FlagEditor,
    ChoiceSpec: ChoiceEditor,
    NeuronSpec: NeuronEditor,
    RealListSpec: RealListEditor,
    TextSpec: TextEditor,
    WholeListSpec: WholeListEditor,
}


def editor_for(spec: FieldSpec) -> FieldEditor:
    """Return a new editor for a field."""
    return _EDITORS[type(spec)](spec)
