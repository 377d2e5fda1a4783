"""The inspector's pages."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.graph.network_file import dumps
from engine.graph.schedules import Constant, Steps
from engine.layers.catalogue import KINDS
from studio.models import editing
from studio.models.document import Document
from studio.models.selection import Selection
from studio.qt.inspector.form import explanation
from studio.qt.inspector.inspector import Inspector
from studio.qt.inspector.layer_panel import LayerPanel
from tests.studio.networks import small_document


class Bench:
    """An inspector on the screen with its models."""

    def __init__(self, qtbot: QtBot) -> None:
        self.document: Document = small_document()
        self.selection = Selection(self.document)
        self.inspector = Inspector(self.document, self.selection)
        qtbot.addWidget(self.inspector)
        self.inspector.resize(320, 700)
        self.inspector.show()
        self.inspector.activateWindow()
        qtbot.waitExposed(self.inspector)

    @property
    def page(self) -> LayerPanel:
        assert self.inspector.layer_panel is not None
        return self.inspector.layer_panel


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    """An inspector of the small network."""
    return Bench(qtbot)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_layer_has_a_page(kind: str, bench: Bench) -> None:
    """It has a row for each field, the explanation, the formula and its source."""
    name = editing.add_layer(bench.document, kind, (0, 0))
    bench.selection.select([name])
    layer = KINDS[kind]
    assert list(bench.page.form.editors) == list(layer.specs())
    texts = [label.text() for label in bench.page.findChildren(QLabel)]
    for text in (layer.title, layer.summary, layer.formula, layer.source):
        assert text in texts


def test_a_page_says_shapes_and_cost(bench: Bench) -> None:
    """Of the selected layer, as it is now."""
    bench.selection.select(["conv1"])
    assert bench.page.facts.facts() == [
        ("Input", "32×32×3"),
        ("Output", "32×32×32"),
        ("Weights", "2.40 k"),
        ("Biases", "32"),
        ("Multiply-adds a picture", "2.46 M"),
    ]
    editing.set_fields(bench.document, "conv1", {"filters": 64})
    assert ("Output", "32×32×64") in bench.page.facts.facts()
    bench.selection.select(["cross_entropy1"])
    assert bench.page.facts.facts() == [("Probabilities", "10"), ("Labels", "labels")]


def test_typing_a_number_is_one_step_and_keeps_the_focus(bench: Bench, qtbot: QtBot) -> None:
    """Though each key is seen in the network at once."""
    bench.selection.select(["conv1"])
    box = bench.page.form.editors["filters"].box  # type: ignore[attr-defined]
    box.setFocus()
    qtbot.waitUntil(box.hasFocus)
    box.selectAll()
    QTest.keyClicks(box, "128")
    assert bench.document.network.graph["conv1"].filters == 128  # type: ignore[attr-defined]
    assert box.hasFocus()
    assert box.text() == "128"
    assert str(bench.document.undo_stack.undo_title) == "Change conv1"
    bench.document.undo()
    assert bench.document.undo_stack.undo_title is None
    assert box.value() == 32


def test_fields_of_two_visits_are_two_steps(bench: Bench, qtbot: QtBot) -> None:
    """Leaving a field ends its step."""
    bench.selection.select(["fc1"])
    editors = bench.page.form.editors
    for name, text in (("bias", "0.1"), ("rate", "2")):
        line = editors[name].line  # type: ignore[attr-defined]
        line.setFocus()
        qtbot.waitUntil(line.hasFocus)
        line.selectAll()
        QTest.keyClicks(line, text)
    bench.document.undo()
    layer = bench.document.network.graph["fc1"]
    assert (layer.bias, layer.rate) == (0.1, 1.0)  # type: ignore[attr-defined]


def test_a_wrong_value_is_said_at_its_field(bench: Bench, qtbot: QtBot) -> None:
    """The network keeps the last right one."""
    bench.selection.select(["fc1"])
    line = bench.page.form.editors["rate"].line  # type: ignore[attr-defined]
    line.setFocus()
    qtbot.waitUntil(line.hasFocus)
    line.selectAll()
    QTest.keyClicks(line, "-1")
    assert bench.page.form.error_of("rate") == "Expected a number of at least 0."
    assert not bench.document.dirty
    line.selectAll()
    QTest.keyClicks(line, "0.5")
    assert bench.page.form.error_of("rate") == ""
    assert bench.document.network.graph["fc1"].rate == 0.5  # type: ignore[attr-defined]


def test_a_value_that_does_not_fit_the_network_is_said_at_its_field(bench: Bench, qtbot: QtBot) -> None:
    """While it is typed, besides above; no more once it fits, or another layer is shown."""
    second = editing.append_layer(bench.document, "conv", "conv1")
    bench.selection.select([second])
    form = bench.page.form
    line = form.editors["weights_of"].line  # type: ignore[attr-defined]
    line.setFocus()
    qtbot.waitUntil(line.hasFocus)
    QTest.keyClicks(line, "conv1")
    assert form.error_of("weights_of") == "Expected weights of 32 × 5 × 5 × 32."
    assert (
        "conv2: expected weights of 32 × 5 × 5 × 32, found 32 × 5 × 5 × 3 in conv1.weights"
        in bench.page.problems.text()
    )
    bench.selection.select(["conv1"])
    assert form.error_of("weights_of") == ""
    bench.selection.select([second])
    line.clear()
    QTest.keyClicks(line, "conv1,")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert form.error_of("weights_of")
    bench.document.go_to(1)
    assert form.error_of("weights_of") == ""


def test_the_page_follows_undo_and_another_layer_of_the_kind(bench: Bench) -> None:
    """The editors always show the selected layer."""
    second = editing.add_layer(bench.document, "fc", (0, 0))
    editing.set_fields(bench.document, second, {"outputs": 77})
    bench.selection.select(["fc1"])
    page = bench.page
    assert page.form.editors["outputs"].box.value() == 10  # type: ignore[attr-defined]
    bench.selection.select([second])
    assert bench.page is page
    assert page.form.editors["outputs"].box.value() == 77  # type: ignore[attr-defined]
    bench.document.undo()
    assert page.form.editors["outputs"].box.value() == 10  # type: ignore[attr-defined]


def test_a_layer_is_renamed_at_its_name(bench: Bench) -> None:
    """A name that cannot be had is said there, and changes nothing."""
    bench.selection.select(["conv1"])
    name = bench.page.name_editor
    name.selectAll()
    QTest.keyClicks(name, "fc1")
    QTest.keyClick(name, Qt.Key.Key_Return)
    assert "two layers have this name" in bench.page.name_error.text()
    assert "conv1" in bench.document.network.graph
    name.selectAll()
    QTest.keyClicks(name, "erste")
    QTest.keyClick(name, Qt.Key.Key_Return)
    assert "erste" in bench.document.network.graph
    assert bench.selection.layer == "erste"
    assert bench.page.name_error.isHidden()


def test_with_nothing_selected_the_settings_are_shown_and_edited(bench: Bench) -> None:
    """Training and data; a kind of schedule brings its own fields, and keeps the rate."""
    panel = bench.inspector.network_panel
    assert panel.isVisible()
    panel.training_form.editors["epochs"].box.setValue(33)  # type: ignore[attr-defined]
    assert bench.document.network.training.epochs == 33
    source = panel.data_form.editors["source"].box  # type: ignore[attr-defined]
    source.setCurrentIndex(source.findData("digits"))
    source.activated.emit(source.currentIndex())
    assert bench.document.network.data.source == "digits"
    editing.set_training(
        bench.document,
        type(bench.document.network.training)(schedule=Constant(rate=0.25)),
    )
    kind = panel.schedule_kind
    kind.setCurrentIndex(kind.findData("steps"))
    kind.activated.emit(kind.currentIndex())
    assert bench.document.network.training.schedule == Steps(rate=0.25)
    assert panel.schedule_form is not None
    assert set(panel.schedule_form.editors) == set(Steps.specs())
    bench.document.undo()
    assert bench.document.network.training.schedule == Constant(rate=0.25)


def test_several_layers_are_summed_up(bench: Bench) -> None:
    """Their weights and work together."""
    bench.selection.select(["conv1", "fc1"])
    assert bench.inspector.layer_panel is None
    texts = [label.text() for label in bench.inspector.several_panel.findChildren(QLabel)]
    assert "2 layers" in texts
    assert "84.4 k" in texts


def test_every_page_is_as_wide_as_its_room(bench: Bench) -> None:
    """At the least width of the inspector nothing is hidden at the right."""
    bench.inspector.resize(320, 700)
    for kind in [None, *KINDS]:
        bench.selection.select([editing.add_layer(bench.document, kind, (0, 0))] if kind else [])
        QApplication.processEvents()
        page = bench.inspector.layer_panel or bench.inspector.network_panel
        room = page.parentWidget()
        assert room is not None
        assert page.width() == room.width(), kind


def test_looking_around_changes_nothing(bench: Bench) -> None:
    """The file is the same, byte for byte, after every page was shown."""
    before = dumps(bench.document.network)
    for name in bench.document.network.graph:
        bench.selection.select([name])
    bench.selection.clear()
    assert dumps(bench.document.network) == before
    assert bench.document.undo_stack.undo_title is None


def test_a_field_is_explained_with_its_range_and_unit() -> None:
    """In its tooltip."""
    specs = KINDS["conv"].specs()
    assert explanation(specs["filters"]).endswith("At least 1")
    assert explanation(KINDS["dropout"].specs()["keep"]).endswith("0.0 to 1.0")


def test_fields_that_several_layers_share_are_edited_at_once(bench: Bench) -> None:
    """One step of undo; where they differ, the label says so."""
    editing.set_fields(bench.document, "conv1", {"rate": 0.5})
    bench.selection.select(["fc1", "conv1"])
    form = bench.inspector.several_panel.form
    assert form is not None
    assert "rate" in form.editors
    assert "filters" not in form.editors
    assert form.editors["momentum"].line.placeholderText() == "network's own (0.9)"  # type: ignore[attr-defined]
    form.edited.emit("rate", 2.0, "typing")
    graph = bench.document.network.graph
    assert [graph[name].rate for name in ("fc1", "conv1")] == [2.0, 2.0]  # type: ignore[attr-defined]
    bench.document.undo()
    assert [graph[name].rate for name in ("fc1", "conv1")] == [1.0, 0.5]  # type: ignore[attr-defined]
    bench.selection.select(["conv1", "labels1"])
    assert bench.inspector.several_panel.form is not form


def test_a_field_that_its_heading_names_takes_the_whole_width(bench: Bench) -> None:
    """The heading is its label, also where several layers differ."""
    bench.selection.select(["conv1"])
    QApplication.processEvents()
    form = bench.page.form
    assert form.editors["neuron"].width() == form.width()
    bench.selection.select(["conv1", "fc1"])
    panel = bench.inspector.several_panel
    assert "Neuron ≠" in [label.text() for label in panel.findChildren(QLabel)]


def test_a_layer_is_muted_at_its_name(bench: Bench) -> None:
    """The button shows what is so."""
    bench.selection.select(["conv1"])
    panel = bench.inspector.layer_panel
    assert panel is not None
    panel.mute.click()
    assert bench.document.network.graph["conv1"].muted
    bench.document.undo()
    assert not panel.mute.isChecked()
