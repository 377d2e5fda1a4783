"""A form for a record of fields: group after group, a row for each field, its error below it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QGridLayout, QWidget

from engine.layers.fields import LARGEST, FieldSpec, Group, RealSpec, WholeSpec
from studio.models.phrases import closed_up
from studio.qt import theme
from studio.qt.inspector.editors import FieldEditor, RealEditor, editor_for
from studio.qt.inspector.editors.numbers import suffix_of
from studio.qt.inspector.note import Note
from studio.qt.labels import Label, SectionTitle
from studio.qt.texts import layer_text

GROUP_TITLES: dict[Group, str] = {
    "geometry": "Geometry",
    "neuron": "Neuron",
    "learning": "Learning",
    "training": "Training",
    "data": "Data",
}
"""English source texts of the groups."""

LABEL_WIDTH = 128
"""Forms below each other keep their editors in one column, px."""

_MATTERS_ONLY = {
    "deviation": ("initial", "normal"),
    "path": ("source", "path"),
    "size": ("source", "path"),
    "colour": ("source", "path"),
    "validation": ("source", "path"),
    "second_momentum": ("optimiser", "adamw"),
    "epsilon": ("optimiser", "adamw"),
}
"""A field that means something only where another field of its record has a value."""


class FieldForm(QWidget):
    """Editors for ``specs``. ``edited`` carries the field's name, its new value and the gesture."""

    edited = Signal(str, object, object)

    def __init__(
        self, specs: Mapping[str, FieldSpec], *, has_headings: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.editors: dict[str, FieldEditor] = {}
        self._labels: dict[str, Label] = {}
        self._titles: dict[str, str] = {}
        self._errors: dict[str, Note] = {}
        self._refusals: dict[str, str] = {}  # what a value would be, where what is typed is none
        self._misfits: dict[str, str] = {}  # what would fit, where the value that counts does not
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        for group, fields in groupby(specs.items(), key=lambda item: item[1].group):
            members, title = dict(fields), GROUP_TITLES[group]
            heading = SectionTitle(layer_text(title)) if has_headings else None
            if heading is not None:
                self._grid.addWidget(heading, self._grid.rowCount(), 0, 1, 2)
            for name, spec in members.items():
                is_named = len(members) == 1 and spec.title == title
                self._add_row(name, spec, heading if is_named else None)

    def show_record(self, record: object) -> None:
        """Show a record's values."""
        for name, editor in self.editors.items():
            editor.show_value(getattr(record, name))
        for name, (other, value) in _MATTERS_ONLY.items():
            if name in self.editors and other in self.editors:
                matters = getattr(record, other) == value
                self.editors[name].setEnabled(matters)
                self._labels[name].setEnabled(matters)

    def show_inherited(self, record: object) -> None:
        """Say what the network's own values are, where a field may take them."""
        for name, editor in self.editors.items():
            if isinstance(editor, RealEditor) and editor.spec.optional and hasattr(record, name):
                editor.show_inherited(getattr(record, name))

    def show_mixed(self, names: set[str]) -> None:
        """Mark the fields in which the records that are edited together differ."""
        for name, label in self._labels.items():
            words = self._titles[name]
            label.setText(f"{words} ≠" if name in names else words)
            tip = self.tr("The layers differ here; the first one's value is shown.")
            label.setToolTip(tip if name in names else explanation(self.editors[name].spec))

    def show_misfits(self, expected: Mapping[str, str]) -> None:
        """Say at their fields what would fit, for values that do not fit what is around the record."""
        changed = {name for name, _ in self._misfits.items() ^ expected.items()}
        self._misfits = dict(expected)
        for name in changed:
            self._show_error(name)

    def error_of(self, name: str) -> str:
        """Return what stands below a field; "" where nothing is wrong with it."""
        return self._errors[name].text()

    def focus_field(self, name: str) -> None:
        """Bring the keyboard to a field."""
        self.editors[name].setFocus(Qt.FocusReason.OtherFocusReason)

    def _add_row(self, name: str, spec: FieldSpec, heading: Label | None) -> None:
        """Add a field; it takes the whole width where the ``heading`` is its label."""
        editor, error = editor_for(spec), Note(rank="error")
        row, column = self._grid.rowCount(), 0 if heading else 1
        label = heading or _label_of(spec)
        if not heading:
            self._grid.addWidget(label, row, 0)
        self._grid.addWidget(editor, row, column, 1, 2 - column)
        self._grid.addWidget(error, row + 1, column, 1, 2 - column)
        words = explanation(spec)
        self._titles[name] = label.text()
        label.setToolTip(words)
        label.setBuddy(editor)
        editor.describe(layer_text(spec.title), words)
        self.editors[name], self._labels[name], self._errors[name] = editor, label, error
        editor.edited.connect(lambda value: self.edited.emit(name, value, (name, editor.gesture)))
        editor.refused.connect(lambda: self._refuse(name, layer_text(spec.expected)))
        editor.accepted.connect(lambda: self._refuse(name, ""))

    def _refuse(self, name: str, expected: str) -> None:
        self._refusals[name] = expected
        self._show_error(name)

    def _show_error(self, name: str) -> None:
        expected = self._refusals.get(name) or self._misfits.get(name, "")
        sentence = closed_up(self.tr("Expected {expected}."), {"expected": expected})
        words = sentence.format(expected=expected) if expected else ""
        self._errors[name].say(words)
        self.editors[name].mark(is_wrong=bool(words))


def _label_of(spec: FieldSpec) -> Label:
    unit = "" if isinstance(spec, WholeSpec) and suffix_of(spec) else layer_text(spec.unit)
    label = Label(_with_unit(layer_text(spec.title), unit))
    label.setWordWrap(True)
    label.setFixedWidth(LABEL_WIDTH)
    return label


def _with_unit(title: str, unit: str) -> str:
    """Return a field's title and unit, in two lines where one has no room for both."""
    line = f"{title} ({unit})" if unit else title
    has_room = QFontMetrics(theme.body_font()).horizontalAdvance(line) <= LABEL_WIDTH
    return line if has_room or not unit else f"{title}\n({unit})"


def explanation(spec: FieldSpec) -> str:
    """Return what a field is for, its range and its unit, for a tooltip."""
    words = [layer_text(spec.help)]
    limits = _limits(spec)
    if limits:
        words.append(f"{limits} {layer_text(spec.unit)}".rstrip())
    return "\n".join(words)


def _limits(spec: FieldSpec) -> str:
    if not isinstance(spec, WholeSpec | RealSpec):
        return ""
    low, high = spec.minimum, spec.maximum
    if high == LARGEST:
        high = None
    words = ""
    if low is not None and high is not None:
        words = QCoreApplication.translate("FieldForm", "{low} to {high}")
    elif low is not None:
        words = QCoreApplication.translate("FieldForm", "At least {low}")
    elif high is not None:
        words = QCoreApplication.translate("FieldForm", "At most {high}")
    return words.format(
        low=f"{low:,}" if low is not None else "", high=f"{high:,}" if high is not None else ""
    )
