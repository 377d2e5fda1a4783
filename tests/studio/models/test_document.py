"""The document: files, undo, and what it tells."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from engine.errors import FileFormatError, FileWriteError, InvalidNetworkError, NewerVersionError
from engine.graph.layer_graph import Wire
from engine.graph.network_file import NetworkFile, dumps, loads
from studio.models import editing
from studio.models.document import Document
from tests.studio.networks import small_document, small_network


def test_a_new_document_is_empty_and_clean() -> None:
    """There is nothing to save at the start."""
    document = Document()
    assert not document.dirty
    assert document.path is None
    assert document.name == ""
    assert document.undo_stack.undo_title is None


def test_saving_and_opening_gives_the_same_network(tmp_path: Path) -> None:
    """A file holds the whole network, and its positions."""
    document = small_document()
    path = tmp_path / "ネット.convnet"
    document.save(path)
    other = Document()
    other.open(path)
    assert dumps(other.network) == dumps(document.network)
    assert (other.path, other.name, other.dirty) == (path, "ネット.convnet", False)
    assert other.base_folder() == tmp_path


def test_dirty_follows_undo_back_to_the_saved_state(tmp_path: Path) -> None:
    """What counts is whether the network differs from the file, not whether there were edits."""
    document = small_document()
    editing.add_layer(document, "fc", (0, 0))
    assert document.dirty
    document.save(tmp_path / "a.convnet")
    assert not document.dirty
    document.undo()
    assert document.dirty
    document.redo()
    assert not document.dirty
    document.undo()
    editing.add_layer(document, "conv", (0, 0))
    document.undo()
    assert document.dirty, "the saved state can no longer be reached"


def test_a_failed_open_leaves_the_open_network(tmp_path: Path) -> None:
    """Nothing is lost when a file cannot be read."""
    document = small_document()
    editing.add_layer(document, "fc", (0, 0))
    before, told = dumps(document.network), []
    document.file_changed.connect(lambda: told.append("file"))
    damaged = tmp_path / "damaged.convnet"
    damaged.write_text("{")
    unknown = tmp_path / "unknown.convnet"
    content = json.loads(dumps(small_network()))
    content["layers"][1]["type"] = "warp"
    unknown.write_text(json.dumps(content))
    for path, error in (
        (damaged, FileFormatError),
        (unknown, InvalidNetworkError),
        (tmp_path / "none", FileFormatError),
    ):
        with pytest.raises(error):
            document.open(path)
    assert dumps(document.network) == before
    assert document.dirty
    assert not told


def test_a_file_of_a_newer_version_is_never_written_over(tmp_path: Path) -> None:
    """Saving over it is refused and leaves it as it was; the changes stay."""
    path = tmp_path / "newer.convnet"
    newer = json.loads(dumps(small_network())) | {"version": 99}
    path.write_text(json.dumps(newer))
    document = small_document()
    with pytest.raises(NewerVersionError):
        document.save(path)
    assert json.loads(path.read_text()) == newer
    assert document.path is None


def test_a_damaged_file_may_be_written_over(tmp_path: Path) -> None:
    """Whoever chose the file in the dialog was asked about it there."""
    path = tmp_path / "damaged.convnet"
    path.write_text("no network")
    document = small_document()
    document.save(path)
    assert dumps(loads(path.read_bytes())) == dumps(document.network)


def test_a_folder_that_is_not_there_is_a_write_error(tmp_path: Path) -> None:
    """The error names the file and the reason, and the document is still to be saved."""
    document = small_document()
    editing.add_layer(document, "fc", (0, 0))
    with pytest.raises(FileWriteError, match="No such file") as caught:
        document.save(tmp_path / "missing" / "a.convnet")
    assert "missing" in str(caught.value)
    assert document.dirty


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_a_write_error(tmp_path: Path) -> None:
    """So is a folder without permission."""
    tmp_path.chmod(0o500)
    with pytest.raises(FileWriteError):
        small_document().save(tmp_path / "a.convnet")


def test_layers_without_a_place_are_laid_out_when_opened() -> None:
    """Every layer has a place, and having given one is no change of the person's."""
    document = small_document()
    assert document.network.positions.keys() == document.network.graph.layers().keys()
    assert not document.dirty


def test_layers_with_a_place_keep_it_when_opened() -> None:
    """Only those without one are placed, below the others; places without a layer are forgotten."""
    network = small_network()
    network.positions = {"data1": (16.0, 24.0), "gone": (0.0, 0.0)}
    document = Document()
    document.new(network)
    places = document.network.positions
    assert places["data1"] == (16.0, 24.0)
    assert "gone" not in places
    assert all(y > 24.0 + 64 for name, (_, y) in places.items() if name != "data1")


def test_a_place_beyond_the_canvas_is_given_anew() -> None:
    """A layer that nobody could find again is brought back."""
    network = small_network()
    network.positions = dict.fromkeys(network.graph, (0.0, 0.0)) | {"fc1": (9e8, 0.0)}
    document = Document()
    document.new(network)
    assert abs(document.network.positions["fc1"][0]) < 10_000


def test_inspection_and_costs_follow_every_change() -> None:
    """Problems and costs are those of the network as it is now."""
    document = small_document()
    assert not document.inspection.problems
    weights = document.costs()["fc1"].weights
    editing.set_fields(document, "fc1", {"outputs": 20})
    assert document.costs()["fc1"].weights == 2 * weights
    editing.remove(document, ["labels1"])
    assert document.inspection.problems
    document.undo()
    assert not document.inspection.problems


def test_a_renaming_is_told_before_the_change_also_when_undone() -> None:
    """Views can follow a name in both directions."""
    document = small_document()
    told: list[object] = []
    document.renamed.connect(lambda old, new: told.append((old, new)))
    document.changed.connect(lambda: told.append("changed"))
    editing.rename(document, "conv1", "first")
    document.undo()
    document.redo()
    assert told == [
        ("conv1", "first"),
        "changed",
        ("first", "conv1"),
        "changed",
        ("conv1", "first"),
        "changed",
    ]


def test_undo_and_redo_with_nothing_to_do_change_nothing() -> None:
    """They are not errors."""
    document = small_document()
    document.undo()
    document.redo()
    assert not document.dirty


def test_new_network_forgets_the_steps_of_the_last_one() -> None:
    """Undo never reaches into another file."""
    document = small_document()
    editing.connect(document, Wire("data1", "fc1"))
    document.new(NetworkFile())
    assert document.undo_stack.undo_title is None
    assert not document.dirty
