"""The selection follows the document."""

from __future__ import annotations

from engine.graph.layer_graph import Wire
from studio.models import editing
from studio.models.selection import Selection
from tests.studio.networks import small_document, small_network


def test_selecting_tells_once_and_keeps_the_order() -> None:
    """Selecting the same again tells nothing."""
    selection, told = Selection(small_document()), []
    selection.changed.connect(lambda: told.append(selection.layers))
    selection.select(["pool1", "conv1", "pool1"])
    selection.select(["pool1", "conv1"])
    assert told == [("pool1", "conv1")]
    assert selection.layer is None
    selection.select(["conv1"], [Wire("conv1", "pool1")])
    assert selection.layer == "conv1"
    selection.clear()
    assert (selection.layers, selection.wires) == ((), frozenset())


def test_what_is_renamed_stays_selected() -> None:
    """Also when the renaming is undone."""
    document = small_document()
    selection = Selection(document)
    selection.select(["conv1"])
    editing.rename(document, "conv1", "first")
    assert selection.layers == ("first",)
    document.undo()
    assert selection.layers == ("conv1",)


def test_what_is_removed_is_selected_no_more() -> None:
    """Layers and wires alike."""
    document = small_document()
    selection = Selection(document)
    selection.select(["conv1", "fc1"], [Wire("conv1", "pool1"), Wire("fc1", "softmax1")])
    editing.remove(document, ["conv1"])
    assert selection.layers == ("fc1",)
    assert selection.wires == {Wire("fc1", "softmax1")}


def test_another_network_begins_with_nothing_selected() -> None:
    """Even where its layers bear the same names."""
    document = small_document()
    selection = Selection(document)
    selection.select(["conv1"])
    document.new(small_network())
    assert selection.layers == ()
