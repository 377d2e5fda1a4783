"""Comments on the canvas."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.models import commenting
from tests.studio.networks import small_document
from tests.studio.qt.canvas.canvas_bench import Bench, assert_mirrored


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    """A canvas with a comment around conv1 and pool1."""
    bench = Bench(qtbot, small_document())
    commenting.add(bench.document, "features", (0, 0), ["conv1", "pool1"])
    bench.view.fit_all()
    return bench


def corner(bench: Bench, right: bool = False) -> QPoint:
    """Return a place in the text of the comment, or at its lower right corner."""
    item = bench.scene.comments["note1"]
    place = item.frame.bottomRight() - QPointF(4, 4) if right else QPointF(30, 18)
    return bench.view.mapFromScene(item.mapToScene(place))


def test_a_comment_takes_along_what_it_frames(bench: Bench) -> None:
    """Cards outside stay; one step of undo."""
    before = dict(bench.document.network.positions)
    bench.click(corner(bench))
    assert bench.selection.comments == ("note1",)
    bench.drag(corner(bench), corner(bench) + QPoint(80, 0))
    after = bench.document.network.positions
    moved = {name for name in after if after[name] != before[name]}
    assert moved == {"conv1", "pool1"}
    assert_mirrored(bench.document, bench.panel)
    bench.document.undo()
    assert bench.document.network.positions == before


def test_a_comment_is_stretched_at_its_corner(bench: Bench) -> None:
    """Not to less than can be seen."""
    width, height = bench.document.network.comments["note1"].size
    bench.drag(corner(bench, right=True), corner(bench, right=True) + QPoint(50, 40))
    after = bench.document.network.comments["note1"].size
    assert after[0] > width
    assert after[1] > height
    bench.drag(corner(bench, right=True), QPoint(5, 5))
    assert bench.document.network.comments["note1"].size == commenting.SMALLEST
    assert_mirrored(bench.document, bench.panel)


def test_a_double_click_writes(bench: Bench) -> None:
    """Ctrl+Enter keeps what was written, Escape does not."""
    editor = bench.view.comment_editor
    QTest.mouseDClick(bench.viewport, Qt.MouseButton.LeftButton, pos=corner(bench))
    assert editor.isVisible()
    assert editor.toPlainText() == "features"
    QTest.keyClicks(editor, "edges, then blobs")
    QTest.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert bench.document.network.comments["note1"].text == "edges, then blobs"
    bench.view.write_comment("note1")
    QTest.keyClicks(editor, "no")
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert not editor.isVisible()
    assert bench.document.network.comments["note1"].text == "edges, then blobs"


def test_a_press_inside_the_frame_begins_a_rubber_band(bench: Bench) -> None:
    """So that framed cards can be selected."""
    item = bench.scene.comments["note1"]
    inside = bench.view.mapFromScene(item.mapToScene(item.frame.bottomLeft() + QPointF(12, -12)))
    bench.click(inside)
    assert bench.selection.comments == ()
