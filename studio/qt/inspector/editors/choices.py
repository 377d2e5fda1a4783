"""What is chosen: a box to tick, and lists."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QSizePolicy, QWidget

from engine.layers.fields import ChoiceSpec, FlagSpec
from engine.layers.neuron import NeuronSpec
from studio.qt.inspector.editors.base import FieldEditor
from studio.qt.texts import layer_text


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
            self._refuse()
            return
        self._end_gesture()
        self.edited.emit(value)

    def _on_left(self) -> None:
        self._on_typed()

    def _refuse(self) -> None:
        """Leave what is wrong to be mended until the person leaves, then show the value that counts."""
        if self._has_focus():
            self.refused.emit()
        else:
            self.show_value(self._shown)
