"""Problems are marked at the layers and wires that they are about."""

from __future__ import annotations

from engine.graph.layer_graph import Wire
from studio.models import editing
from studio.models.problem_marks import mark_problems
from tests.studio.networks import small_document


def test_a_mismatch_is_marked_at_the_wire_and_its_target() -> None:
    """The wire is the one that brings what does not fit."""
    document = small_document()
    editing.connect(document, Wire("fc1", "softmax1"))
    editing.connect(document, Wire("pool1", "softmax1"))
    marks = mark_problems(document.network.graph, document.inspection.problems)
    assert list(marks.wires) == [Wire("pool1", "softmax1")]
    assert "softmax1" in marks.layers


def test_a_circle_is_marked_at_all_its_wires() -> None:
    """Any one of them may be removed."""
    document = small_document()
    editing.connect(document, Wire("pool1", "conv1"))
    marks = mark_problems(document.network.graph, document.inspection.problems)
    assert set(marks.wires) == {Wire("pool1", "conv1"), Wire("conv1", "pool1")}
    assert {"conv1", "pool1"} <= marks.layers.keys()


def test_a_missing_wire_is_marked_at_the_layer() -> None:
    """There is no wire to mark."""
    document = small_document()
    editing.remove(document, [], [Wire("labels1", "cross_entropy1", 1)])
    marks = mark_problems(document.network.graph, document.inspection.problems)
    assert marks.wires == {}
    assert {"cross_entropy1", "labels1"} <= marks.layers.keys()
