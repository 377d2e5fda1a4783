"""The split's button, panel and the layer's own place change the document, and show what it says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from engine.forecast.forecast import forecast
from engine.graph.examples import load_example
from engine.protocol.messages import Device
from studio.models import splitting
from studio.models.computers import Computers
from studio.models.document import Document
from studio.models.forecast import ForecastModel
from studio.models.lens import Lens
from studio.models.run import RunModel
from studio.models.selection import Selection
from studio.qt.canvas.panel import CanvasPanel
from studio.qt.run_controls import DevicePicker
from studio.qt.split.layer_place import PlaceEditor
from studio.qt.split.split_button import SplitButton
from tests.studio.fake_engine import FakeComputer, FakeEngines


@pytest.fixture
def document() -> Document:
    document = Document()
    document.new(load_example("digits"))
    return document


@pytest.fixture
def run() -> RunModel:
    return RunModel(FakeEngines())


@pytest.fixture
def button(qtbot: QtBot, document: Document, run: RunModel) -> Iterator[SplitButton]:
    picker = DevicePicker(run, Computers(FakeComputer), document)
    button = SplitButton(document, run, ForecastModel(document), picker)
    qtbot.addWidget(picker)
    qtbot.addWidget(button)
    yield button
    button.detach()
    picker.detach()


def gpu(name: str) -> Device:
    return Device(name, "gpu", 0.0, (), 0, 1, None, None)


def test_the_panel_splits_the_network_and_the_button_says_how(
    button: SplitButton, document: Document
) -> None:
    assert button.text() == "1 device"
    button.panel.count.setValue(3)
    assert button.text() == "3 devices · data"
    button.panel.presets["hybrid"].click()
    button.panel.schemes["c"].click()
    assert button.text() == "3 devices · hybrid (c)"
    assert splitting.split_of(document).scheme == "c"
    assert button.panel.presets["hybrid"].isChecked()
    button.panel.each_pass.click()
    assert button.text() == "3 devices · hybrid (c, per pass)"
    button.panel.schemes["a"].click()
    assert splitting.split_of(document).updates == "step"
    button.panel.count.setValue(1)
    assert button.text() == "1 device"


def test_devices_are_offered_for_as_many_as_the_split_has(
    qtbot: QtBot, document: Document, run: RunModel
) -> None:
    picker = DevicePicker(run, Computers(FakeComputer), document)
    qtbot.addWidget(picker)
    splitting.use_preset(document, "data", 2)
    assert picker.place.device == "cpu:2"
    run.record.devices = (gpu("one"), gpu("two"))
    run.devices_changed.emit()
    picker.setCurrentIndex(1)
    assert picker.place.device == "cuda:0,cuda:1"
    assert picker.real_devices == ("one", "one")
    splitting.use_preset(document, "data", 3)
    assert picker.place.device == "cpu:3"
    assert picker.real_devices == ("CPU",) * 3
    splitting.use_one_device(document)
    picker.setCurrentIndex(2)
    assert picker.place.device == "cuda:1"
    picker.detach()


def test_a_layer_is_placed_by_its_own_choice(qtbot: QtBot, document: Document) -> None:
    editor = PlaceEditor(document)
    qtbot.addWidget(editor)
    editor.show_layer("fc10")
    assert not editor.isVisibleTo(None)
    splitting.use_preset(document, "data", 3)
    editor.show_layer("fc10")
    assert editor.isVisibleTo(None)
    assert editor.placement.currentText() == "As its first input"
    assert not editor.devices[0].isEnabled()
    editor.placement.setCurrentIndex(editor.placement.findData("model"))
    editor.placement.activated.emit(editor.placement.currentIndex())
    editor.devices[1].click()
    chosen = splitting.chosen_for(document, "fc10")
    assert chosen is not None
    assert (chosen.placement, chosen.devices) == ("model", ("A", "C"))


def test_the_lens_shows_places_and_what_is_sent(qtbot: QtBot, document: Document) -> None:
    model = ForecastModel(document)
    panel = CanvasPanel(document, Selection(document), model)
    qtbot.addWidget(panel)
    splitting.use_preset(document, "hybrid", 2)
    panel.lens.choose(Lens.SPLIT)
    model.forecast = forecast(document.network)
    model.changed.emit()
    flows = {(item.wire.source, item.wire.target): item.flow for item in panel.scene.wires.values()}
    assert flows["conv2", "fc64"].is_double
    assert flows["conv2", "fc64"].words.startswith("262 kB · waits ")
    assert flows["conv1", "pool1"].is_faint
    panel.detach()
