"""Cards in line, switches and comments."""

from __future__ import annotations

from engine.graph.network_file import dumps
from studio.models import arranging, commenting, editing, switching
from tests.studio.networks import small_document


def test_cards_are_put_in_line_with_the_first_one() -> None:
    """Below each other or beside each other."""
    document = small_document()
    editing.move(document, {"conv1": (80, 0), "pool1": (160, 400)})
    arranging.align(document, ["pool1", "conv1"], "x")
    assert document.network.positions["conv1"] == (160, 0)
    arranging.align(document, ["conv1", "pool1"], "y")
    assert document.network.positions["pool1"][1] == 0


def test_cards_that_are_put_in_line_do_not_lie_over_one_another() -> None:
    """They keep their order; those that have room stay."""
    document = small_document()
    editing.move(document, {"data1": (0, 0), "conv1": (16, 104), "pool1": (800, 208)})
    before = dumps(document.network)
    arranging.align(document, ["data1", "pool1", "conv1"], "y")
    positions = document.network.positions
    assert [positions[name] for name in ("data1", "conv1", "pool1")] == [(0, 0), (200, 0), (800, 0)]
    document.undo()
    assert dumps(document.network) == before


def test_cards_get_equal_distances() -> None:
    """The outermost stay where they are."""
    document = small_document()
    editing.move(document, {"data1": (0, 0), "conv1": (16, 104), "pool1": (0, 800)})
    arranging.distribute(document, ["pool1", "conv1", "data1"], "y")
    assert [document.network.positions[name][1] for name in ("data1", "conv1", "pool1")] == [0, 400, 800]


def test_nudges_are_one_step() -> None:
    """However often the key is pressed."""
    document = small_document()
    before = dumps(document.network)
    for _ in range(3):
        arranging.nudge(document, ["conv1"], (8, 0))
    document.undo()
    assert dumps(document.network) == before


def test_muting_and_freezing_go_on_and_off() -> None:
    """For those layers that can be; a mixture is switched on."""
    document = small_document()
    switching.toggle_muted(document, ["data1", "conv1", "pool1"])
    graph = document.network.graph
    assert [graph[name].muted for name in ("data1", "conv1", "pool1")] == [False, True, True]
    switching.toggle_muted(document, ["conv1"])
    switching.toggle_muted(document, ["conv1", "pool1"])
    assert document.network.graph["conv1"].muted
    switching.toggle_muted(document, ["conv1", "pool1"])
    assert not document.network.graph["conv1"].muted
    switching.toggle_frozen(document, ["fc1", "pool1"])
    assert document.network.graph["fc1"].frozen  # type: ignore[attr-defined]
    steps = document.undo_stack.done
    switching.toggle_frozen(document, ["pool1"])
    assert document.undo_stack.done == steps, "there is nothing to freeze"


def test_fields_of_several_layers_are_one_step() -> None:
    """While they are typed too."""
    document = small_document()
    before = dumps(document.network)
    for rate in (0.1, 0.01):
        editing.set_fields_of(document, ["conv1", "fc1"], {"rate": rate}, gesture="typing")
    assert str(document.undo_stack.undo_title) == "Change 2 layers"
    document.undo()
    assert dumps(document.network) == before


def test_a_comment_frames_layers_and_takes_them_along() -> None:
    """Those that lie wholly within."""
    document = small_document()
    name = commenting.add(document, "features", (0, 0), ["conv1", "pool1"])
    assert sorted(commenting.framed(document, name)) == ["conv1", "pool1"]
    commenting.write(document, name, "特徴")
    assert document.network.comments[name].text == "特徴"
    commenting.move(document, {name: (800, 0)}, {"conv1": (824, 72)})
    assert document.network.comments[name].place == (800, 0)
    assert document.network.positions["conv1"] == (824, 72)
    document.undo()
    assert document.network.comments[name].place != (800, 0)


def test_the_history_leads_anywhere() -> None:
    """Back to the start and forth again, with one change told for each move."""
    document = small_document()
    start = dumps(document.network)
    for x in (80, 160, 240):
        editing.move(document, {"conv1": (x, 0)})
    editing.rename(document, "conv1", "first")
    end, told = dumps(document.network), []
    document.changed.connect(lambda: told.append(1))
    document.go_to(0)
    assert dumps(document.network) == start
    document.go_to(99)
    assert dumps(document.network) == end
    assert len(told) == 2
