"""The canvas mirrors the document, whatever happens to it."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication, QEvent
from pytestqt.qtbot import QtBot

from engine.graph.examples import example_names
from engine.graph.layer_graph import Wire
from engine.graph.network_file import dumps
from studio.models import editing
from studio.models.document import Document
from studio.models.selection import Selection
from studio.qt.canvas.panel import CanvasPanel
from tests.studio.networks import small_document, small_network
from tests.studio.qt.canvas.canvas_bench import Bench, assert_mirrored
from tests.studio.random_edits import random_edit

EDITS = int(os.environ.get("EDITS", "300"))
"""How many edits, undos and redos are made; ``make edits`` makes 10,000."""
_AT_A_TIME = 25


@settings(
    max_examples=max(1, EDITS // _AT_A_TIME),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_random_edits_never_part_canvas_and_document(data: st.DataObject, qtbot: QtBot) -> None:
    """After each edit they agree; undoing all gives the starting file byte for byte."""
    document = small_document()
    start = dumps(document.network)
    panel = CanvasPanel(document, Selection(document))
    for _ in range(_AT_A_TIME):
        random_edit(document, data.draw)
        assert_mirrored(document, panel)
    while document.undo_stack.undo_title:
        document.undo()
    assert_mirrored(document, panel)
    assert dumps(document.network) == start
    panel.detach()
    panel.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def test_another_file_replaces_everything(qtbot: QtBot) -> None:
    """Nothing of the last network stays."""
    bench = Bench(qtbot, small_document())
    bench.selection.select(["conv1"])
    bench.document.new()
    assert_mirrored(bench.document, bench.panel)
    assert bench.selection.layers == ()
    bench.document.new(small_network())
    assert_mirrored(bench.document, bench.panel)


def test_a_wire_says_what_flows_along_it(qtbot: QtBot) -> None:
    """And what does not fit: it is then drawn as a problem."""
    bench = Bench(qtbot, small_document())
    wires = bench.scene.wires
    assert wires[Wire("data1", "conv1")].flow.words == "32×32×3"
    assert wires[Wire("labels1", "cross_entropy1", 1)].flow.words == "labels"
    editing.connect(bench.document, Wire("pool1", "softmax1"))
    wrong = wires[Wire("pool1", "softmax1")]
    assert wrong.is_wrong
    assert wrong.flow.words.startswith("16×16×32, not a vector")
    assert "Put a fully connected layer before it" in wrong.toolTip()
    document_problem = bench.scene.nodes["softmax1"].toolTip()
    assert "expected a vector" in document_problem


def test_selection_goes_both_ways(qtbot: QtBot) -> None:
    """What is selected elsewhere is selected on the canvas, and the other way round."""
    bench = Bench(qtbot, small_document())
    bench.selection.select(["conv1", "fc1"], [Wire("conv1", "pool1")])
    assert [name for name, node in bench.scene.nodes.items() if node.isSelected()] == ["conv1", "fc1"]
    assert bench.scene.wires[Wire("conv1", "pool1")].isSelected()
    bench.scene.clearSelection()
    assert bench.selection.layers == ()
    assert bench.selection.wires == frozenset()


def test_a_start_page_lies_over_the_canvas_until_there_is_a_network(qtbot: QtBot) -> None:
    """Or until an empty one is chosen: then the canvas says how to begin."""
    bench = Bench(qtbot, Document())
    page = bench.panel.start_page
    assert page.isVisible()
    qtbot.waitUntil(lambda: not page._pending)
    titles = [page.examples.item(row).text() for row in range(page.examples.count())]
    assert titles[0] == "Empty network"
    assert len(titles) == 1 + len(example_names())
    page.examples.itemClicked.emit(page.examples.item(0))
    assert not page.isVisible()
    assert bench.panel.hint.isVisible()
    editing.add_layer(bench.document, "data", (0, 0))
    assert not bench.panel.hint.isVisible()
    bench.document.new()
    assert page.isVisible()


def test_examples_and_recent_files_are_chosen_on_the_start_page(qtbot: QtBot, tmp_path: Path) -> None:
    """A file that cannot be read is listed by its name alone."""
    bench = Bench(qtbot, Document())
    page, chosen = bench.panel.start_page, list[object]()
    page.example_chosen.connect(chosen.append)
    page.recent_chosen.connect(chosen.append)
    page.show_recent([tmp_path / "gone.convnet"])
    qtbot.waitUntil(lambda: not page._pending)
    page.examples.itemActivated.emit(page.examples.item(1))
    page.recent.itemClicked.emit(page.recent.item(0))
    assert chosen == ["digits", tmp_path / "gone.convnet"]


def test_the_view_tells_who_cannot_see_what_is_selected(qtbot: QtBot) -> None:
    """Name, kind and settings of the layer; the number of layers where none is selected."""
    bench = Bench(qtbot, small_document())
    assert bench.view.accessibleDescription() == "7 layers"
    bench.selection.select(["conv1"])
    assert bench.view.accessibleDescription().startswith("conv1, Convolution, 5×5")
