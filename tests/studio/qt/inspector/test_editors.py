"""Editors of fields."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.graph.schedules import SCHEDULES
from engine.graph.settings import DataSettings, TrainingSettings
from engine.layers.catalogue import LAYERS
from engine.layers.conv import Conv
from engine.layers.fields import FieldSpec, PairSpec, RealSpec, WholeListSpec, WholeSpec, field_specs
from studio.qt.inspector.editors import (
    FieldEditor,
    NeuronEditor,
    PairEditor,
    RealEditor,
    WholeEditor,
    WholeListEditor,
    editor_for,
)

RECORDS = [
    *(layer() for layer in LAYERS),
    *(kind() for kind in SCHEDULES.values()),
    TrainingSettings(),
    DataSettings(),
]


class Listener:
    """Writes down what an editor says."""

    def __init__(self, editor: FieldEditor) -> None:
        self.values: list[Any] = []
        self.refusals = 0
        editor.edited.connect(self.values.append)
        editor.refused.connect(self._on_refused)

    def _on_refused(self) -> None:
        self.refusals += 1


def shown(qtbot: QtBot, spec: FieldSpec, value: object) -> tuple[Any, Listener]:
    """Return an editor on the screen with its listener."""
    editor = editor_for(spec)
    qtbot.addWidget(editor)
    editor.show_value(value)
    editor.show()
    return editor, Listener(editor)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_every_field_has_an_editor_that_shows_without_editing(record: object, qtbot: QtBot) -> None:
    """Showing a value is no edit."""
    for name, spec in field_specs(record).items():
        _, listener = shown(qtbot, spec, getattr(record, name))
        assert listener.values == []


def test_every_key_in_a_whole_number_counts(qtbot: QtBot) -> None:
    """All of them are one gesture; coming back is another."""
    editor, listener = shown(qtbot, WholeSpec(title="", help="", minimum=1, maximum=999), 5)
    assert isinstance(editor, WholeEditor)
    editor.box.setFocus()
    gesture = editor.gesture
    editor.box.selectAll()
    QTest.keyClicks(editor.box, "16")
    assert listener.values == [1, 16]
    assert editor.gesture is gesture
    QTest.keyClick(editor.box, Qt.Key.Key_Return)
    assert editor.gesture is not gesture


@pytest.mark.parametrize("typed", ["", "0", "1,5", "1.5", "-3", "abc", "9" * 30])
def test_what_is_no_whole_number_in_range_is_refused(typed: str, qtbot: QtBot) -> None:
    """As long as it stands there; the last value comes back when the person presses Enter."""
    editor, listener = shown(qtbot, WholeSpec(title="", help="", minimum=1, maximum=1_000_000), 5)
    accepted: list[None] = []
    editor.accepted.connect(lambda: accepted.append(None))
    editor.box.setFocus()
    editor.box.selectAll()
    QTest.keyClick(editor.box, Qt.Key.Key_Delete)
    QTest.keyClicks(editor.box, typed)
    assert listener.refusals
    assert editor.box.text() == typed
    value = [5, *listener.values][-1]
    assert value != 15
    accepted.clear()
    QTest.keyClick(editor.box, Qt.Key.Key_Return)
    assert accepted
    assert (editor.box.text(), editor.box.value()) == (str(value), value)


def test_a_neuron_that_is_none_stays_until_the_person_leaves(qtbot: QtBot) -> None:
    """Then the one that counts is shown again."""
    editor, listener = shown(qtbot, field_specs(Conv)["neuron"], "relu")
    assert isinstance(editor, NeuronEditor)
    editor.activateWindow()
    qtbot.waitUntil(editor.isActiveWindow)
    editor.box.setFocus()
    line = editor.box.lineEdit()
    assert line is not None
    line.selectAll()
    QTest.keyClicks(line, "nonsense[1")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert listener.refusals
    assert editor.box.currentText() == "nonsense[1"
    editor.box.clearFocus()
    assert editor.box.currentText() == "ReLU"
    assert listener.values == []


def test_what_was_refused_at_enter_goes_once_the_person_leaves(qtbot: QtBot) -> None:
    """Enter leaves it to be mended; Qt tells no second end of editing."""
    editor, _ = shown(qtbot, RealSpec(title="", help="", minimum=0), 9.0)
    editor.refused.connect(lambda: editor.mark(is_wrong=True))
    editor.activateWindow()
    qtbot.waitUntil(editor.isActiveWindow)
    editor.line.setFocus()
    editor.line.selectAll()
    QTest.keyClicks(editor.line, "x")
    QTest.keyClick(editor.line, Qt.Key.Key_Return)
    assert editor.line.text() == "x"
    editor.line.clearFocus()
    assert editor.line.text() == "9"


def test_a_linked_pair_stays_equal(qtbot: QtBot) -> None:
    """Unlinked, each side has its own value; linking again takes the height."""
    editor, listener = shown(qtbot, PairSpec(title="", help="", minimum=0, maximum=99), (5, 5))
    assert isinstance(editor, PairEditor)
    assert editor.link.isChecked()
    editor.boxes[1].setValue(7)
    assert listener.values[-1] == (7, 7)
    editor.link.click()
    editor.boxes[0].setValue(3)
    assert listener.values[-1] == (3, 7)
    editor.link.click()
    assert listener.values[-1] == (3, 3)
    editor.show_value((1, 2))
    assert not editor.link.isChecked()
    assert (editor.boxes[0].value(), editor.boxes[1].value()) == (1, 2)


@pytest.mark.parametrize(
    ("typed", "value"),
    [("0.25", 0.25), ("1e-3", 0.001), ("1/64", 1 / 64), ("0,5", 0.5), ("", None), (" 3 ", 3.0)],
)
def test_a_number_may_be_written_in_many_ways(typed: str, value: float | None, qtbot: QtBot) -> None:
    """Also as a fraction; empty is the network's own where there is one."""
    editor, listener = shown(qtbot, RealSpec(title="", help="", minimum=0, optional=True), 9.0)
    editor.line.setFocus()
    editor.line.selectAll()
    if typed:
        QTest.keyClicks(editor.line, typed)
    else:
        QTest.keyClick(editor.line, Qt.Key.Key_Delete)
    assert listener.values[-1] == value


@pytest.mark.parametrize("typed", ["abc", "-1", "nan", "inf", "1/0", "1e999", "1/", ""])
def test_what_is_no_value_is_refused_and_marked(typed: str, qtbot: QtBot) -> None:
    """The last value stays, and comes back when the person leaves."""
    editor, listener = shown(qtbot, RealSpec(title="", help="", minimum=0), 9.0)
    assert isinstance(editor, RealEditor)
    editor.line.setFocus()
    editor.line.selectAll()
    QTest.keyClick(editor.line, Qt.Key.Key_Delete)
    QTest.keyClicks(editor.line, typed)
    assert listener.refusals > 0
    assert all(value >= 0 for value in listener.values)
    editor.line.clearFocus()
    editor.line.editingFinished.emit()
    assert float(editor.line.text()) == (listener.values or [9.0])[-1]


def test_typing_is_not_rewritten_by_the_value_it_means(qtbot: QtBot) -> None:
    """Who types 0.50 keeps the zero until leaving; another value is shown at once."""
    editor, _ = shown(qtbot, RealSpec(title="", help=""), 1.0)
    editor.activateWindow()
    editor.line.setFocus()
    qtbot.waitUntil(editor.line.hasFocus)
    editor.line.selectAll()
    QTest.keyClicks(editor.line, "0.50")
    editor.show_value(0.5)
    assert editor.line.text() == "0.50"
    editor.show_value(1.0)
    assert editor.line.text() == "1"


def test_a_list_is_written_with_commas(qtbot: QtBot) -> None:
    """It has to rise."""
    editor, listener = shown(qtbot, WholeListSpec(title="", help="", minimum=0, maximum=99), (3, 5))
    assert isinstance(editor, WholeListEditor)
    assert editor.line.text() == "3, 5"
    editor.line.selectAll()
    QTest.keyClicks(editor.line, "1, 8")
    assert listener.values[-1] == (1, 8)
    QTest.keyClicks(editor.line, ", 4")
    assert listener.refusals > 0
    assert listener.values[-1] == (1, 8)


def test_undo_keys_are_left_to_the_document(qtbot: QtBot) -> None:
    """A field does not swallow them."""
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent
    from PySide6.QtWidgets import QApplication

    editor, _ = shown(qtbot, RealSpec(title="", help=""), 1.0)
    event = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier, "z")
    QApplication.sendEvent(editor.line, event)
    assert not event.isAccepted()
