"""What a person does on the canvas by mouse and keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from engine.graph.examples import load_example
from engine.graph.layer_graph import Wire
from studio.models import editing
from studio.models.document import Document
from studio.qt.bench.frames import residual_network
from studio.qt.canvas.pan_zoom_view import LARGEST_ZOOM, LEGIBLE, SMALLEST_ZOOM
from studio.qt.layer_list import KIND_MIME
from tests.studio.networks import small_document
from tests.studio.qt.canvas.canvas_bench import Bench, assert_mirrored


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    """A canvas that shows the small network."""
    return Bench(qtbot, small_document())


def test_dragging_from_an_output_to_an_input_connects(bench: Bench) -> None:
    """The wire that was in the input gives way, in one step of undo."""
    bench.drag(bench.output("data1"), bench.input("pool1"))
    assert bench.document.network.graph.inputs("pool1") == [Wire("data1", "pool1")]
    assert str(bench.document.undo_stack.undo_title) == "Connect data1 to pool1"
    bench.document.undo()
    assert bench.document.network.graph.inputs("pool1") == [Wire("conv1", "pool1")]
    assert not bench.document.dirty


def test_while_a_wire_is_drawn_the_inputs_that_fit_are_lit(bench: Bench) -> None:
    """Those that would close a circle or take something else are not."""
    bench.press(bench.output("conv1"))
    bench.move(bench.card("labels1"))
    lit = {port.layer for node in bench.scene.nodes.values() for port in node.offered}
    assert lit == {"pool1", "fc1", "softmax1", "cross_entropy1"}
    bench.release(bench.empty())
    assert not any(node.offered for node in bench.scene.nodes.values())
    assert not bench.document.dirty


def test_a_wire_that_does_not_fit_says_why_at_the_pointer(bench: Bench, qtbot: QtBot) -> None:
    """The words go where it would fit, and when it is let go."""
    bench.press(bench.output("labels1"))
    bench.move(bench.card("fc1"))
    assert QToolTip.text().startswith("fc1 cannot take what labels1 gives")
    bench.move(bench.card("cross_entropy1"))
    qtbot.waitUntil(lambda: not QToolTip.isVisible())
    bench.move(bench.input("conv1"))
    assert QToolTip.text().startswith("conv1 cannot take what labels1 gives")
    bench.release(bench.input("conv1"))
    qtbot.waitUntil(lambda: not QToolTip.isVisible())
    assert not bench.document.dirty


def test_a_wire_dropped_on_a_card_takes_its_free_input(bench: Bench) -> None:
    """One need not hit the port."""
    editing.remove(bench.document, [], [Wire("labels1", "cross_entropy1", 1)])
    bench.drag(bench.output("labels1"), bench.card("cross_entropy1"))
    assert Wire("labels1", "cross_entropy1", 1) in bench.document.network.graph.wires()


def test_a_wire_may_be_drawn_from_its_end(bench: Bench) -> None:
    """From a free input to an output."""
    editing.remove(bench.document, [], [Wire("conv1", "pool1")])
    bench.drag(bench.input("pool1"), bench.output("data1"))
    assert bench.document.network.graph.inputs("pool1") == [Wire("data1", "pool1")]


def test_a_wire_can_be_pulled_out_of_an_input(bench: Bench) -> None:
    """Let go over nothing it is gone, let go over another input it is led there."""
    bench.drag(bench.input("pool1"), bench.empty())
    assert bench.document.network.graph.inputs("pool1") == []
    bench.document.undo()
    bench.drag(bench.input("pool1"), bench.input("softmax1"))
    assert bench.document.network.graph.inputs("pool1") == []
    assert bench.document.network.graph.inputs("softmax1") == [Wire("conv1", "softmax1")]
    bench.document.undo()
    assert not bench.document.dirty


def test_an_input_of_many_takes_another_wire(bench: Bench) -> None:
    """And hands the last one out again."""
    bench.drag(bench.output("conv1"), bench.input("fc1"))
    both = [Wire("pool1", "fc1"), Wire("conv1", "fc1", 1)]
    assert bench.document.network.graph.inputs("fc1") == both
    bench.drag(bench.input("fc1"), bench.input("fc1") + QPoint(1, 1))
    assert bench.document.network.graph.inputs("fc1") == both
    bench.drag(bench.input("fc1"), bench.empty())
    assert bench.document.network.graph.inputs("fc1") == both[:1]


def test_a_wire_put_back_changes_nothing(bench: Bench) -> None:
    """Nor does one that is dropped where it does not fit."""
    bench.drag(bench.input("pool1"), bench.input("pool1") + QPoint(2, 2))
    bench.drag(bench.output("fc1"), bench.input("conv1"))
    bench.drag(bench.output("labels1"), bench.input("fc1"))
    assert not bench.document.dirty
    assert_mirrored(bench.document, bench.panel)


def test_escape_gives_up_a_wire(bench: Bench) -> None:
    """What was begun leaves no trace."""
    bench.press(bench.input("pool1"))
    bench.move(bench.empty())
    bench.key(Qt.Key.Key_Escape)
    bench.release(bench.input("softmax1"))
    assert not bench.document.dirty
    assert_mirrored(bench.document, bench.panel)


def test_moving_cards_is_one_step_on_the_grid(bench: Bench) -> None:
    """All selected cards move alike."""
    bench.selection.select(["conv1", "pool1"])
    before = dict(bench.document.network.positions)
    start = bench.card("conv1")
    bench.drag(start, start + QPoint(101, 37))
    places = bench.document.network.positions
    x, y = places["conv1"]
    assert x % 8 == 0
    assert y % 8 == 0
    assert x > before["conv1"][0] + 90
    moved = (x - before["conv1"][0], y - before["conv1"][1])
    assert (places["pool1"][0] - before["pool1"][0], places["pool1"][1] - before["pool1"][1]) == moved
    assert places["fc1"] == before["fc1"]
    assert_mirrored(bench.document, bench.panel)
    assert str(bench.document.undo_stack.undo_title) == "Move 2 layers"
    bench.document.undo()
    assert bench.document.network.positions == before
    assert not bench.document.dirty


def test_escape_and_undo_give_up_a_move(bench: Bench) -> None:
    """The cards go back to where the document has them."""
    start = bench.card("conv1")
    bench.press(start)
    bench.move(start + QPoint(60, 60))
    bench.key(Qt.Key.Key_Escape)
    bench.release(start + QPoint(60, 60))
    assert not bench.document.dirty
    assert_mirrored(bench.document, bench.panel)


def test_a_click_is_no_move(bench: Bench) -> None:
    """A hand that shakes by a pixel changes nothing."""
    start = bench.card("conv1")
    bench.drag(start, start + QPoint(2, 1))
    assert bench.selection.layers == ("conv1",)
    assert not bench.document.dirty


@pytest.mark.parametrize("key", [Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier])
def test_clicks_and_the_rubber_band_select(bench: Bench, key: Qt.KeyboardModifier) -> None:
    """A click selects one, Ctrl or Shift adds, a click on nothing clears, a band takes what it touches."""
    bench.click(bench.card("conv1"))
    assert bench.selection.layers == ("conv1",)
    bench.click(bench.card("fc1"), key)
    assert bench.selection.layers == ("conv1", "fc1")
    bench.click(bench.empty())
    assert bench.selection.layers == ()
    corner = bench.card("data1") - QPoint(200, 60)
    bench.drag(corner, bench.card("conv1") + QPoint(10, 10))
    assert set(bench.selection.layers) == {"data1", "conv1"}


def test_a_wire_can_be_clicked(bench: Bench) -> None:
    """On its pill or beside it."""
    middle = (bench.output("conv1") + bench.input("pool1")) / 2
    bench.click(middle)
    assert bench.selection.wires == {Wire("conv1", "pool1")}
    assert bench.selection.layers == ()


def test_arrow_keys_go_from_card_to_card(bench: Bench) -> None:
    """Down the chain, and across."""
    for expected in ("data1", "conv1", "pool1", "fc1", "softmax1"):
        bench.key(Qt.Key.Key_Down)
        assert bench.selection.layers == (expected,)
    bench.key(Qt.Key.Key_Right)
    assert bench.selection.layers == ("labels1",)
    bench.key(Qt.Key.Key_Right)
    assert bench.selection.layers == ("labels1",), "there is nothing further"
    bench.key(Qt.Key.Key_Left)
    bench.key(Qt.Key.Key_Up)
    assert bench.selection.layers == ("fc1",)
    bench.key(Qt.Key.Key_Escape)
    assert bench.selection.layers == ()


def test_enter_and_double_click_open_a_layer(bench: Bench, qtbot: QtBot) -> None:
    """The window then shows its fields."""
    with qtbot.waitSignal(bench.view.activated):
        QTest.mouseDClick(bench.viewport, Qt.MouseButton.LeftButton, pos=bench.card("fc1"))
    with qtbot.waitSignal(bench.view.activated):
        bench.key(Qt.Key.Key_Return)


def wheel(
    bench: Bench, place: QPoint, notches: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    """Turn the wheel."""
    event = QWheelEvent(
        QPointF(place),
        QPointF(bench.viewport.mapToGlobal(place)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(bench.viewport, event)


def test_wires_of_a_large_network_get_thick_once_the_zoom_rests(qtbot: QtBot) -> None:
    """Thin at once where they are to be; a pixel is a pixel of the screen then."""
    document = Document()
    document.new(residual_network(150))
    bench = Bench(qtbot, document)
    item = next(iter(bench.scene.wires.values()))
    bench.view.zoom_by(0.5 / bench.view.zoom)
    assert item.line.pen().isCosmetic()
    bench.view.zoom_by(2.0)
    assert item.line.pen().isCosmetic()
    qtbot.waitUntil(lambda: not item.line.pen().isCosmetic())


def test_the_wheel_zooms_at_the_pointer(bench: Bench) -> None:
    """What is under the pointer stays there, and the zoom has bounds."""
    place = QPoint(200, 650)
    before, zoom = bench.view.mapToScene(place), bench.view.zoom
    wheel(bench, place, 2)
    after = bench.view.mapToScene(place)
    assert bench.view.zoom == pytest.approx(zoom * 1.44)
    assert abs(after.x() - before.x()) < 2
    assert abs(after.y() - before.y()) < 2
    wheel(bench, place, 100)
    assert bench.view.zoom == pytest.approx(LARGEST_ZOOM)
    wheel(bench, place, -200)
    assert bench.view.zoom == pytest.approx(SMALLEST_ZOOM)


@pytest.mark.parametrize("how", ["middle button", "space"])
def test_dragging_pans(bench: Bench, how: str) -> None:
    """With the middle button, or with Space held down; nothing is selected or moved by it."""
    before = bench.view.mapToScene(QPoint(0, 0))
    start = bench.card("conv1")
    if how == "space":
        QTest.keyPress(bench.view, Qt.Key.Key_Space)
        bench.drag(start, start + QPoint(80, 40))
        QTest.keyRelease(bench.view, Qt.Key.Key_Space)
    else:
        bench.drag(start, start + QPoint(80, 40), Qt.MouseButton.MiddleButton)
    after = bench.view.mapToScene(QPoint(0, 0))
    assert before.x() - after.x() == pytest.approx(80 / bench.view.zoom, abs=2)
    assert before.y() - after.y() == pytest.approx(40 / bench.view.zoom, abs=2)
    assert bench.selection.layers == ()
    assert not bench.document.dirty


def test_fitting_shows_the_whole_network_or_what_is_selected(bench: Bench) -> None:
    """No larger than life; the network keeps fitting when the view shrinks."""
    seen = bench.view.mapToScene(bench.viewport.rect()).boundingRect()
    assert seen.contains(bench.scene.network_rect())
    bench.panel.resize(400, 400)
    seen = bench.view.mapToScene(bench.viewport.rect()).boundingRect()
    assert seen.contains(bench.scene.network_rect())
    bench.view.fit_all()
    small = bench.view.zoom
    bench.selection.select(["conv1"])
    bench.view.fit_selection()
    assert small < bench.view.zoom <= 1.0
    bench.selection.clear()
    bench.view.fit_selection()
    assert bench.view.zoom == pytest.approx(small)


def seen(bench: Bench) -> QRectF:
    return bench.view.mapToScene(bench.viewport.rect()).boundingRect()


def test_a_deep_network_opens_at_its_beginning_and_legible(bench: Bench) -> None:
    """The overview shows the rest, and leads there."""
    assert not bench.panel.minimap.isVisible()
    bench.document.new(load_example("resnet20"), "resnet20")
    assert bench.view.zoom == LEGIBLE
    assert seen(bench).contains(bench.scene.nodes["data"].sceneBoundingRect())
    assert not seen(bench).contains(bench.scene.network_rect())
    minimap = bench.panel.minimap
    assert minimap.isVisible()
    QTest.mousePress(
        minimap, Qt.MouseButton.LeftButton, pos=QPoint(minimap.width() // 2, minimap.height() - 12)
    )
    assert seen(bench).contains(bench.scene.nodes["logprob"].sceneBoundingRect())
    bench.view.fit_all()
    assert seen(bench).contains(bench.scene.network_rect())
    assert not minimap.isVisible()


def test_the_overview_is_painted_anew_where_it_looks_otherwise(bench: Bench) -> None:
    """After a card has moved or gone, and when it is back; not for a change of a field."""
    bench.document.new(load_example("resnet20"), "resnet20")
    minimap = bench.panel.minimap
    first = minimap.grab().toImage()
    editing.set_fields(bench.document, "conv1", {"filters": 8})
    assert minimap.grab().toImage() == first
    x, y = bench.document.network.positions["conv1"]
    editing.move(bench.document, {"conv1": (x + 160, y)})
    assert minimap.grab().toImage() != first
    bench.document.undo()
    assert minimap.grab().toImage() == first
    editing.remove(bench.document, ["conv1"])
    assert minimap.grab().toImage() != first


@pytest.mark.parametrize(("key", "axis"), [("Shift", 1), ("Control", 0)])
def test_the_wheel_pans_with_a_key(bench: Bench, key: str, axis: int) -> None:
    """With Shift up and down, with Ctrl across; the zoom stays."""
    before, zoom = seen(bench).topLeft().toTuple(), bench.view.zoom
    wheel(bench, QPoint(200, 200), -1, Qt.KeyboardModifier[f"{key}Modifier"])
    after = seen(bench).topLeft().toTuple()
    assert bench.view.zoom == zoom
    assert after[axis] > before[axis]
    assert after[1 - axis] == pytest.approx(before[1 - axis])


def drop(bench: Bench, kind: str, place: QPoint) -> bool:
    """Drag an entry of the palette over the canvas and let it go; return whether it was taken."""
    data = QMimeData()
    data.setData(KIND_MIME, kind.encode())
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for kind_of_event in (QDragEnterEvent, QDragMoveEvent):
        QApplication.sendEvent(bench.viewport, kind_of_event(place, copy, data, left, none))
    event = QDropEvent(QPointF(place), copy, data, left, none)
    QApplication.sendEvent(bench.viewport, event)
    return event.isAccepted()


def test_a_layer_dropped_from_the_palette_is_added_there(bench: Bench) -> None:
    """Its card is under the pointer, and it is selected."""
    place = QPoint(700, 300)
    assert drop(bench, "conv", place)
    assert bench.selection.layers == ("conv2",)
    assert (bench.card("conv2") - place).manhattanLength() <= 10
    assert_mirrored(bench.document, bench.panel)


def test_what_is_no_layer_is_not_taken(bench: Bench) -> None:
    """A drop from elsewhere changes nothing."""
    assert not drop(bench, "warp", QPoint(700, 300))
    assert not bench.document.dirty
