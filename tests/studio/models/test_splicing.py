"""Layers are put into chains and taken out of them."""

from __future__ import annotations

from engine.graph.layer_graph import Wire
from engine.graph.network_file import dumps
from studio.models import commenting, editing, splicing
from studio.models.document import Document
from studio.models.layout import ROW
from tests.studio.networks import small_document


def wires_of(document: Document) -> set[tuple[str, str, int]]:
    return {(wire.source, wire.target, wire.port) for wire in document.network.graph.wires()}


def test_a_layer_dropped_on_a_wire_is_led_through() -> None:
    """As one step of undo, which gives the file as it was."""
    document = small_document()
    before = dumps(document.network)
    name = splicing.insert(document, "dropout", Wire("conv1", "pool1"), (0, 0))
    assert {("conv1", name, 0), (name, "pool1", 0)} <= wires_of(document)
    assert ("conv1", "pool1", 0) not in wires_of(document)
    assert document.inspection.problems == ()
    document.undo()
    assert dumps(document.network) == before


def test_a_layer_that_lies_free_is_put_onto_a_wire() -> None:
    """One that is connected already, or takes no values, is not."""
    document = small_document()
    wire = Wire("fc1", "softmax1")
    for kind in ("fc", "data"):
        editing.add_layer(document, kind, (500, 0))
    assert splicing.can_insert(document, "fc2", wire)
    assert not splicing.can_insert(document, "data2", wire)
    assert not splicing.can_insert(document, "conv1", wire)
    assert not splicing.can_insert(document, "fc2", Wire("labels1", "cross_entropy1", 1))
    splicing.insert_layer(document, "fc2", wire, (503, 5))
    assert {("fc1", "fc2", 0), ("fc2", "softmax1", 0)} <= wires_of(document)
    assert document.network.positions["fc2"] == (504.0, 8.0), "beside the column, where it was let go"


def test_what_is_put_into_a_column_gets_a_row_of_its_own() -> None:
    """What comes below moves down as far as it must, comments with it, in the same step of undo."""
    document = small_document()
    commenting.add(document, "beside", (400, 1000))
    commenting.add(document, "around", (0, 0), ["conv1", "pool1"])
    positions, comments = dict(document.network.positions), document.network.comments
    before = dumps(document.network)
    (x, y), (_, below) = positions["conv1"], positions["pool1"]
    name = splicing.insert(document, "dropout", Wire("conv1", "pool1"), (x + 20, y + 30))
    assert document.network.positions[name] == (x, y + ROW)
    by = document.network.positions["pool1"][1] - below
    assert by == 2 * ROW - (below - y)
    moved = {other for other, place in positions.items() if document.network.positions[other] != place}
    assert moved == {other for other, (_, top) in positions.items() if top >= below}
    beside, around = document.network.comments.values()
    assert beside.place[1] - comments["note1"].place[1] == by
    assert around.size[1] - comments["note2"].size[1] == by
    again = splicing.insert(document, "dropout", Wire("labels1", "cross_entropy1", 1), (x, y))
    assert document.network.positions[again] == (x, y), "that wire leads down no column"
    document.undo()
    document.undo()
    assert dumps(document.network) == before


def test_a_wire_offers_the_layers_that_take_what_it_carries() -> None:
    """By content and, where it is known, by shape."""
    document = small_document()
    after_fc = {kind.kind for kind in splicing.kinds_after(document, "fc1")}
    assert {"fc", "softmax", "neuron", "dropout"} <= after_fc
    assert not after_fc & {"conv", "pool", "data", "labels", "one_hot"}
    assert {kind.kind for kind in splicing.kinds_after(document, "labels1")} >= {"one_hot", "cross_entropy"}
    assert {kind.kind for kind in splicing.kinds_before(document, "cross_entropy1", 1)} == {"labels"}
    assert "conv" in {kind.kind for kind in splicing.kinds_between(document, Wire("conv1", "pool1"))}
    assert splicing.kinds_between(document, Wire("labels1", "cross_entropy1", 1)) == []


def test_a_layer_is_added_at_either_end_of_a_wire() -> None:
    """Before an input that is taken, the old wire gives way."""
    document = small_document()
    after = splicing.add_after(document, "fc", "pool1", (0, 0))
    assert ("pool1", after, 0) in wires_of(document)
    before = splicing.add_before(document, "dropout", "softmax1", 0, (0, 0))
    assert (before, "softmax1", 0) in wires_of(document)
    label = splicing.add_before(document, "labels", "cross_entropy1", 1, (0, 0))
    assert (label, "cross_entropy1", 1) in wires_of(document)
    assert ("labels1", "cross_entropy1", 1) not in wires_of(document)


def test_deleting_heals_the_chain() -> None:
    """Over several layers in a row too; undo gives the file as it was."""
    document = small_document()
    before = dumps(document.network)
    splicing.remove_and_heal(document, ["conv1", "pool1"])
    assert ("data1", "fc1", 0) in wires_of(document)
    assert document.inspection.problems == ()
    document.undo()
    assert dumps(document.network) == before


def test_what_cannot_be_joined_is_left_open() -> None:
    """Ends of the network, labels, and wires that were cut on purpose."""
    document = small_document()
    splicing.remove_and_heal(document, ["pool1"], [Wire("conv1", "pool1")])
    assert not [wire for wire in wires_of(document) if wire[1] == "fc1"]
    document.undo()
    splicing.remove_and_heal(document, ["data1"])
    assert not [wire for wire in wires_of(document) if wire[1] == "conv1"]
    document.undo()
    editing.connect(document, Wire("fc1", "conv1"))
    splicing.remove_and_heal(document, ["conv1", "pool1", "fc1"])
    assert not [wire for wire in wires_of(document) if wire[1] == "softmax1"], "a circle leads nowhere"
