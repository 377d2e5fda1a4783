"""Networks are built by search, by wires let go over nothing, and by cards dropped on wires."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.graph.layer_graph import Wire
from studio.models import editing
from studio.models.document import Document
from studio.qt.canvas.quick_add import SearchBox
from tests.studio.networks import small_document
from tests.studio.qt.canvas.canvas_bench import Bench, assert_mirrored


def choose(box: SearchBox, words: str) -> None:
    """Type words into an open search and press Enter."""
    assert box.isVisible()
    QTest.keyClicks(box.search, words)
    QTest.keyClick(box.search, Qt.Key.Key_Return)
    assert not box.isVisible()


def kinds(box: SearchBox) -> list[str | None]:
    return [box.list.kind_of(box.list.item(row)) for row in range(box.list.count())]


def test_a_double_click_on_nothing_opens_the_search_there(qtbot: QtBot) -> None:
    """The layer that is chosen lies at the pointer, and is selected."""
    bench = Bench(qtbot, Document())
    QTest.mouseDClick(bench.viewport, Qt.MouseButton.LeftButton, pos=QPoint(400, 300))
    choose(bench.view.quick_add.box, "ReLU")
    assert bench.selection.layers == ("neuron1",)
    assert (bench.card("neuron1") - QPoint(400, 300)).manhattanLength() < 16


def test_the_search_lists_what_begins_as_typed_first(qtbot: QtBot) -> None:
    """Then what has a synonym; Escape and a second Tab close it."""
    bench = Bench(qtbot, Document())
    box = bench.view.quick_add.box
    bench.view.search_here()
    QTest.keyClicks(box.search, "pool")
    assert kinds(box)[0] == "pool"
    for key in (Qt.Key.Key_Escape, Qt.Key.Key_Tab):
        bench.view.search_here()
        QTest.keyClick(box, key)
        assert not box.isVisible()
    assert len(bench.document.network.graph) == 0


def test_a_wire_let_go_over_nothing_offers_what_takes_it(qtbot: QtBot) -> None:
    """And what gives it, where it was drawn from an input; what is chosen is connected."""
    bench = Bench(qtbot, small_document())
    box = bench.view.quick_add.box
    bench.drag(bench.output("fc1"), bench.empty())
    assert "softmax" in kinds(box)
    assert "conv" not in kinds(box)
    choose(box, "dropout")
    assert Wire("fc1", "dropout1") in bench.document.network.graph.wires()
    editing.remove(bench.document, [], [Wire("labels1", "cross_entropy1", 1)])
    bench.drag(bench.input("cross_entropy1", 1), QPoint(880, 30))
    assert kinds(box) == ["labels"]
    choose(box, "")
    assert Wire("labels2", "cross_entropy1", 1) in bench.document.network.graph.wires()
    assert_mirrored(bench.document, bench.panel)


def test_a_search_over_a_wire_inserts(qtbot: QtBot) -> None:
    """Between the two layers that it joins."""
    bench = Bench(qtbot, small_document())
    middle = (bench.output("conv1") + bench.input("pool1")) / 2
    bench.move(middle)
    bench.view.search_here()
    choose(bench.view.quick_add.box, "batch")
    wires = bench.document.network.graph.wires()
    assert {Wire("conv1", "batch_norm1"), Wire("batch_norm1", "pool1")} <= set(wires)


def test_a_free_card_dropped_on_a_wire_is_inserted(qtbot: QtBot) -> None:
    """The wire is lit meanwhile; a connected card is only moved."""
    bench = Bench(qtbot, small_document())
    editing.add_layer(bench.document, "dropout", (400, 0))
    bench.view.fit_all()
    wire = Wire("conv1", "pool1")
    middle = (bench.output("conv1") + bench.input("pool1")) / 2
    bench.press(bench.card("dropout1"))
    bench.move(middle + QPoint(9, 9))
    bench.move(middle)
    assert bench.scene.wires[wire].is_lit
    bench.release(middle)
    wires = bench.document.network.graph.wires()
    assert {Wire("conv1", "dropout1"), Wire("dropout1", "pool1")} <= set(wires)
    assert wire not in wires
    assert str(bench.document.undo_stack.undo_title) == "Insert dropout1"
    bench.document.undo()
    assert wire in bench.document.network.graph.wires()
    assert_mirrored(bench.document, bench.panel)


def test_what_a_typed_field_does_to_shapes_is_shown_on_the_wires(qtbot: QtBot) -> None:
    """Before and now, until something else is selected or done."""
    bench = Bench(qtbot, small_document())
    wires = bench.scene.wires
    bench.selection.select(["conv1"])
    for stride in ((2, 2), (4, 4)):
        editing.set_fields(bench.document, "conv1", {"stride": stride}, gesture="typing")
    assert wires[Wire("conv1", "pool1")].flow.words == "32×32×32 → 9×9×32"
    assert not wires[Wire("data1", "conv1")].flow.is_new
    bench.selection.select(["pool1"])
    assert wires[Wire("conv1", "pool1")].flow.words == "9×9×32"


def test_keys_extend_the_selection_and_move_it(qtbot: QtBot) -> None:
    """Shift with an arrow selects the next card too, Ctrl with an arrow moves what is selected."""
    bench = Bench(qtbot, small_document())
    bench.selection.select(["data1"])
    QTest.keyClick(bench.view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert bench.selection.layers == ("data1", "conv1")
    before = bench.document.network.positions["conv1"]
    QTest.keyClick(bench.view, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert bench.document.network.positions["conv1"] == (before[0] + 8, before[1])
