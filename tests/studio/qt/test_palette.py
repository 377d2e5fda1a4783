"""The palette."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.layers.catalogue import KINDS, LAYERS
from studio.qt.layer_list import KIND_MIME, matches
from studio.qt.palette import Palette


@pytest.fixture
def palette(qtbot: QtBot) -> Palette:
    """A palette on the screen."""
    palette = Palette()
    qtbot.addWidget(palette)
    palette.show()
    return palette


def kinds(palette: Palette) -> list[str]:
    """Return the kinds that are listed."""
    items = [palette.list.item(row) for row in range(palette.list.count())]
    return [item.data(Qt.ItemDataRole.UserRole) for item in items if item.data(Qt.ItemDataRole.UserRole)]


def test_all_layers_are_listed(palette: Palette) -> None:
    """Each once, under the heading of its family."""
    assert sorted(kinds(palette)) == sorted(KINDS)
    assert palette.list.item(0).text() == "Data"
    assert not palette.list.item(0).flags() & Qt.ItemFlag.ItemIsSelectable


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("ReLU", "neuron"),
        ("convolution", "conv"),
        ("dense", "fc"),
        ("max pool", "pool"),
        ("log loss", "cross_entropy"),
    ],
)
def test_layers_are_found_by_what_people_call_them(words: str, kind: str) -> None:
    """Synonyms count, case and order do not."""
    assert kind in [layer.kind for layer in LAYERS if matches(layer, words)]


def test_typing_narrows_the_list_and_enter_chooses(palette: Palette, qtbot: QtBot) -> None:
    """The arrow keys go through the list meanwhile."""
    QTest.keyClicks(palette.search, "softm")
    assert kinds(palette) == ["softmax"]
    with qtbot.waitSignal(palette.chosen) as chosen:
        QTest.keyClick(palette.search, Qt.Key.Key_Return)
    assert chosen.args == ["softmax"]
    palette.search.clear()
    QTest.keyClicks(palette.search, "data")
    before = palette.list.currentRow()
    palette.search.clear()
    QTest.keyClick(palette.search, Qt.Key.Key_Down)
    assert palette.list.currentRow() > before


def test_nothing_that_fits_is_nothing_to_choose(palette: Palette, qtbot: QtBot) -> None:
    """Enter does then nothing."""
    QTest.keyClicks(palette.search, "zzz")
    assert kinds(palette) == []
    with qtbot.assertNotEmitted(palette.chosen):
        QTest.keyClick(palette.search, Qt.Key.Key_Return)


def test_a_double_click_chooses(palette: Palette, qtbot: QtBot) -> None:
    """As does Enter in the list; a heading cannot be chosen."""
    rows = palette.list
    row = next(r for r in range(rows.count()) if rows.item(r).data(Qt.ItemDataRole.UserRole) == "fc")
    place = rows.visualItemRect(rows.item(row)).center()
    with qtbot.waitSignal(palette.chosen) as chosen:
        QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
        QTest.mouseDClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == ["fc"]
    with qtbot.assertNotEmitted(palette.chosen):
        QTest.mouseDClick(
            rows.viewport(), Qt.MouseButton.LeftButton, pos=rows.visualItemRect(rows.item(0)).center()
        )


def test_a_dragged_entry_carries_its_kind(palette: Palette) -> None:
    """The canvas reads it from there."""
    data = palette.list.mimeData([palette.list.item(1)])
    assert bytes(data.data(KIND_MIME).data()) == b"data"
