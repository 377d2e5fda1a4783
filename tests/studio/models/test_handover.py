"""One studio hands to the next what is open."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from engine.graph.network_file import dumps
from studio.models import editing
from studio.models.document import Document
from studio.models.handover import hand_over, take_over
from studio.models.recovery import left_behind
from tests.studio.networks import small_document


def handed_over(
    document: Document, folder: Path, run_folder: str | None = None
) -> tuple[Document, str | None]:
    other = Document()
    is_taken, found = take_over(hand_over(document, run_folder, folder), other)
    assert is_taken
    return other, found


def test_changes_that_are_not_saved_are_handed_over(tmp_path: Path) -> None:
    """With the file that they belong to, which is left as it was."""
    document = small_document()
    path = tmp_path / "mine.convnet"
    document.save(path)
    before = path.read_bytes()
    editing.set_fields(document, "conv1", {"filters": 7})
    other, run_folder = handed_over(document, tmp_path / "copies", "/runs/mine-1")
    assert dumps(other.network) == dumps(document.network)
    assert (other.path, other.dirty, run_folder) == (path, True, "/runs/mine-1")
    assert path.read_bytes() == before
    other.undo()
    assert (dumps(other.network).encode(), other.dirty) == (before, False)
    other.redo()
    assert dumps(other.network) == dumps(document.network)


def test_what_was_clean_stays_clean(tmp_path: Path) -> None:
    """A file, an example, and nothing at all."""
    document = small_document()
    other, run_folder = handed_over(document, tmp_path)
    assert (other.name, other.path, other.dirty, run_folder) == ("small.convnet", None, False, None)
    document.save(tmp_path / "mine.convnet")
    assert not handed_over(document, tmp_path)[0].dirty
    assert len(handed_over(Document(), tmp_path)[0].network.graph) == 0


def test_a_file_whose_name_is_no_text_is_handed_over_too(tmp_path: Path) -> None:
    document = small_document()
    document.save(tmp_path / "caf\udce9.convnet")
    other, _ = handed_over(document, tmp_path / "copies")
    assert (other.path, other.dirty) == (document.path, False)


def test_what_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        hand_over(small_document(), None, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fate", ["gone", "spoilt"])
def test_a_network_whose_file_is_lost_meanwhile_is_recovered(tmp_path: Path, fate: str) -> None:
    """From the copy; it is to be saved to its file again."""
    document = small_document()
    path = tmp_path / "mine.convnet"
    editing.set_fields(document, "conv1", {"filters": 7})
    document.save(path)
    copy = hand_over(document, "/runs/mine-1", tmp_path / "copies")
    path.unlink()
    if fate == "spoilt":
        path.write_text("{")
    other = Document()
    assert take_over(copy, other) == (True, "/runs/mine-1")
    assert dumps(other.network) == dumps(document.network)
    assert (other.path, other.dirty) == (path, True)
    other.undo()
    assert dumps(other.network) == dumps(small_document().network)


def test_what_nobody_takes_over_is_offered_at_the_next_start(tmp_path: Path) -> None:
    """It is a recovery copy as any other; one that is spoilt changes nothing."""
    path = hand_over(small_document(), None, tmp_path)
    (lost,) = left_behind(tmp_path)
    assert (lost.copy, lost.name) == (path, "small.convnet")
    path.write_text("{")
    other = small_document()
    before = dumps(other.network)
    assert take_over(path, other) == (False, None)
    assert dumps(other.network) == before
