"""A unit is chosen in the inspector, and what it sees lights up on the canvas."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.models import editing
from studio.qt.inspector.unit_picker import UnitPicker
from tests.studio.qt.test_main_window import Bench


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    """A window with the small network, whose pooling layer is selected."""
    bench = Bench(qtbot)
    bench.show_network()
    bench.selection.select(["pool1"])
    return bench


def picker(bench: Bench) -> UnitPicker:
    panel = bench.window.inspector.layer_panel
    assert panel is not None
    assert panel.units is not None
    return panel.units


def test_a_click_chooses_a_unit_and_its_field_lights_up(bench: Bench) -> None:
    """Back to the picture, on every card before it."""
    units = picker(bench)
    QTest.mouseClick(units.map, Qt.MouseButton.LeftButton, pos=QPoint(50, 50))
    assert bench.window.unit.place == (8, 8)
    items = bench.window.canvas.fields.items
    assert set(items) == {"pool1", "conv1", "data1"}
    assert items["conv1"].region.size == (3, 3)
    assert items["data1"].region.size == (7, 7)
    assert "It sees 7 × 7 px of data1." in units.note.text()


def test_keys_move_the_unit_and_another_layer_forgets_it(bench: Bench) -> None:
    """Escape too."""
    units = picker(bench)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Up):
        QTest.keyClick(units.map, key)
    assert bench.window.unit.place == (7, 7)
    QTest.keyClick(units.map, Qt.Key.Key_Escape)
    assert bench.window.canvas.fields.items == {}
    QTest.keyClick(units.map, Qt.Key.Key_Left)
    bench.selection.select(["conv1"])
    assert bench.window.unit.place is None
    assert bench.window.canvas.fields.items == {}


def test_sharing_is_told(bench: Bench) -> None:
    """All places of a convolution share its weights."""
    bench.selection.select(["conv1"])
    units = picker(bench)
    QTest.keyClick(units.map, Qt.Key.Key_Left)
    assert "All 1024 places share its weights." in units.note.text()


def test_the_field_follows_the_network(bench: Bench) -> None:
    """A larger filter sees more; a card that is removed takes its field along."""
    QTest.keyClick(picker(bench).map, Qt.Key.Key_Left)
    editing.set_fields(bench.document, "conv1", {"size": (7, 7), "padding": (3, 3)})
    assert bench.window.canvas.fields.items["data1"].region.size == (9, 9)
    editing.remove(bench.document, ["conv1"])
    assert bench.window.unit.place is None
