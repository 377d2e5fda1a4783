"""Splits are chosen by edits of the document, as presets or layer by layer."""

from __future__ import annotations

import pytest

from engine.graph.examples import load_example
from engine.graph.presets import Preset
from engine.graph.split import ONE_DEVICE, LayerSplit
from engine.plan.analysis.partition.places import Place
from studio.models import splitting
from studio.models.document import Document


@pytest.fixture
def document() -> Document:
    document = Document()
    document.new(load_example("digits"))
    return document


@pytest.mark.parametrize("preset", ["data", "model", "hybrid"])
def test_a_preset_is_one_step_of_undo(document: Document, preset: Preset) -> None:
    splitting.use_preset(document, preset, 3)
    assert splitting.split_of(document).devices == ("A", "B", "C")
    assert splitting.preset_of(document) == preset
    document.undo()
    assert splitting.split_of(document) == ONE_DEVICE
    assert splitting.preset_of(document) is None


def test_other_splits_of_the_file_stay(document: Document) -> None:
    splitting.use_preset(document, "data", 2)
    (split,) = document.network.splits
    document.network.splits = (ONE_DEVICE, split)
    splitting.use_preset(document, "model", 2)
    assert document.network.splits[1:] == (split,)


def test_places_follow_the_split_and_the_wires(document: Document) -> None:
    splitting.use_preset(document, "hybrid", 2)
    places = splitting.places(document)
    assert places.keys() == document.network.graph.layers().keys()
    assert places["conv1"] == Place("data", (0, 1))
    assert places["fc10"] == Place("model", (0, 1))


def test_a_layer_can_be_kept_on_some_devices_and_let_go(document: Document) -> None:
    splitting.use_preset(document, "data", 3)
    splitting.place(document, ["fc10"], "model", ("A", "C"))
    assert splitting.split_of(document).name == splitting.OWN
    assert splitting.chosen_for(document, "fc10") == LayerSplit("model", ("A", "C"))
    assert splitting.places(document)["fc10"] == Place("model", (0, 2))
    splitting.place(document, ["fc10"], "model", ("A", "B", "C"))
    assert splitting.chosen_for(document, "fc10") == LayerSplit("model")
    splitting.place(document, ["fc10"], None)
    assert splitting.chosen_for(document, "fc10") is None
    assert splitting.places(document)["fc10"].placement == "data"


def test_a_split_that_names_what_is_not_there_places_nothing(document: Document) -> None:
    splitting.use_preset(document, "data", 2)
    document.network.splits = (
        splitting.split_of(document).__class__("own", ("A", "B"), (("nobody", LayerSplit("data")),)),
    )
    assert splitting.places(document) == {}
