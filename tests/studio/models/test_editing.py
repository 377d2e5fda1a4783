"""Edits: what each does, what it is called, and that undo takes it back byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import DuplicateNameError, FieldError
from engine.graph.layer_graph import Wire
from engine.graph.network_file import dumps
from engine.graph.schedules import Steps
from studio.models import editing
from studio.models.document import Document
from tests.studio.networks import small_document
from tests.studio.random_edits import random_edit

EDITS: dict[str, tuple[Callable[[Document], object], str]] = {
    "add": (lambda document: editing.add_layer(document, "conv", (3, 5)), "Add conv2"),
    "append": (lambda document: editing.append_layer(document, "neuron", "conv1"), "Add neuron1"),
    "remove one": (lambda document: editing.remove(document, ["conv1"]), "Remove conv1"),
    "remove some": (lambda document: editing.remove(document, ["conv1", "fc1", "data1"]), "Remove 3 layers"),
    "remove wire": (lambda document: editing.remove(document, [], [Wire("conv1", "pool1")]), "Remove wire"),
    "connect": (lambda document: editing.connect(document, Wire("data1", "pool1")), "Connect data1 to pool1"),
    "reroute": (
        lambda document: editing.reroute(document, Wire("conv1", "pool1"), Wire("conv1", "fc1")),
        "Connect conv1 to fc1",
    ),
    "reroute to nowhere": (
        lambda document: editing.reroute(document, Wire("conv1", "pool1"), None),
        "Remove wire",
    ),
    "move": (lambda document: editing.move(document, {"conv1": (1000, 0)}), "Move conv1"),
    "move some": (
        lambda document: editing.move(document, {"conv1": (1000, 0), "fc1": (0, 1000)}),
        "Move 2 layers",
    ),
    "rename": (lambda document: editing.rename(document, "conv1", "first"), "Rename conv1"),
    "fields": (lambda document: editing.set_fields(document, "conv1", {"filters": 7}), "Change conv1"),
    "training": (
        lambda document: editing.set_training(
            document, replace(document.network.training, epochs=3, schedule=Steps(epochs=(1, 2)))
        ),
        "Change training",
    ),
    "data": (
        lambda document: editing.set_data(document, replace(document.network.data, source="digits")),
        "Change data",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_one_step_that_undo_takes_back_byte_for_byte(name: str) -> None:
    """Redo gives the edited file again, and the step has a name for the menu."""
    edit, title = EDITS[name]
    document = small_document()
    before = dumps(document.network)
    edit(document)
    after = dumps(document.network)
    assert after != before
    assert str(document.undo_stack.undo_title) == title
    document.undo()
    assert dumps(document.network) == before
    assert not document.dirty
    assert str(document.undo_stack.redo_title) == title
    document.redo()
    assert dumps(document.network) == after


def test_laying_out_is_a_step_of_undo() -> None:
    """The places before come back."""
    document = small_document()
    editing.move(document, {"conv1": (800, 800)})
    before = dumps(document.network)
    editing.lay_out(document)
    assert dumps(document.network) != before
    document.undo()
    assert dumps(document.network) == before


def test_connecting_replaces_the_wire_that_is_there() -> None:
    """An input takes one wire."""
    document = small_document()
    editing.connect(document, Wire("data1", "pool1"))
    assert document.network.graph.inputs("pool1") == [Wire("data1", "pool1")]


def test_removing_a_layer_takes_its_wires_and_its_place_in_splits() -> None:
    """Nothing in the file names a layer that is gone."""
    document = small_document()
    editing.remove(document, ["conv1"])
    assert "conv1" not in dumps(document.network)


def test_renaming_reaches_wires_places_and_splits() -> None:
    """Nothing in the file names the layer by its old name."""
    document = small_document()
    place = document.network.positions["conv1"]
    editing.rename(document, "conv1", "first")
    assert "conv1" not in dumps(document.network)
    assert document.network.positions["first"] == place
    assert document.network.splits[0].layers[0][0] == "first"


def test_names_that_cannot_be_had_are_refused() -> None:
    """A name that is taken or not one is an error, and nothing changes."""
    document = small_document()
    with pytest.raises(DuplicateNameError):
        editing.rename(document, "conv1", "fc1")
    for name in ("", "two words", "x" * 65, "a/b"):
        with pytest.raises(FieldError):
            editing.rename(document, "conv1", name)
    assert not document.dirty


def test_an_edit_that_changes_nothing_is_no_step() -> None:
    """Undo has no phantom steps."""
    document = small_document()
    editing.set_fields(document, "fc1", {"outputs": 10})
    editing.move(document, dict(document.network.positions))
    editing.connect(document, Wire("conv1", "pool1"))
    editing.rename(document, "conv1", "conv1")
    editing.reroute(document, Wire("conv1", "pool1"), Wire("conv1", "pool1"))
    assert document.undo_stack.undo_title is None


def test_edits_of_one_gesture_are_one_step() -> None:
    """Typing 1, 16, 160 is undone at once; another gesture is another step."""
    document = small_document()
    for outputs in (1, 16, 160):
        editing.set_fields(document, "fc1", {"outputs": outputs}, gesture="typing")
    editing.set_fields(document, "fc1", {"outputs": 5}, gesture="typing again")
    document.undo()
    assert document.network.graph["fc1"].outputs == 160  # type: ignore[attr-defined]
    document.undo()
    assert document.network.graph["fc1"].outputs == 10  # type: ignore[attr-defined]
    assert document.undo_stack.undo_title is None


def test_a_gesture_that_comes_back_to_its_start_is_no_step() -> None:
    """What was typed and deleted again leaves nothing behind."""
    document = small_document()
    editing.set_fields(document, "fc1", {"outputs": 12}, gesture=1)
    editing.set_fields(document, "fc1", {"outputs": 10}, gesture=1)
    assert document.undo_stack.undo_title is None
    assert not document.dirty


def test_a_gesture_does_not_go_on_past_a_save() -> None:
    """What was saved can be come back to."""
    document = small_document()
    editing.set_fields(document, "fc1", {"outputs": 12}, gesture=1)
    document.undo_stack.mark_clean()
    editing.set_fields(document, "fc1", {"outputs": 13}, gesture=1)
    assert document.dirty
    document.undo()
    assert not document.dirty
    assert document.network.graph["fc1"].outputs == 12  # type: ignore[attr-defined]


def test_a_layer_added_below_another_is_connected_and_stands_free() -> None:
    """Layers are strung together by adding one after the other."""
    document = Document()
    last = editing.add_layer(document, "data", (0, 0))
    for kind in ("conv", "pool", "fc", "softmax", "cross_entropy"):
        last = editing.append_layer(document, kind, last)
    graph = document.network.graph
    assert [wire.source for wire in graph.wires()] == ["data1", "conv1", "pool1", "fc1", "softmax1"]
    second = editing.append_layer(document, "conv", "data1")
    x, y = document.network.positions[second]
    assert all(
        abs(x - other_x) >= 176 or abs(y - other_y) >= 64
        for name, (other_x, other_y) in document.network.positions.items()
        if name != second
    )


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_undoing_everything_gives_the_starting_file(data: st.DataObject) -> None:
    """Whatever was done, and undone and redone between, all of it can be taken back byte for byte."""
    document = small_document()
    start = dumps(document.network)
    for _ in range(data.draw(st.integers(1, 30))):
        random_edit(document, data.draw)
    end = dumps(document.network)
    steps = 0
    while document.undo_stack.undo_title:
        document.undo()
        steps += 1
    assert dumps(document.network) == start
    for _ in range(steps):
        document.redo()
    assert dumps(document.network) == end
