"""The recovery copy."""

from __future__ import annotations

from pathlib import Path

from engine.graph.network_file import dumps
from studio.models import editing
from studio.models.document import Document
from studio.models.recovery import Recovery, forget, left_behind
from tests.studio.networks import small_document


def test_a_copy_is_kept_while_there_are_unsaved_changes(tmp_path: Path) -> None:
    """Never over the user's file; it goes when the network is saved."""
    document, folder = small_document(), tmp_path / "recovery"
    path = tmp_path / "mine.convnet"
    document.save(path)
    saved = path.read_bytes()
    recovery = Recovery(document, folder)
    recovery.update()
    assert not folder.exists(), "there is nothing to keep"
    editing.move(document, {"conv1": (800, 800)})
    recovery.update()
    assert len(list(folder.glob("*.recovery"))) == 1
    assert path.read_bytes() == saved
    assert left_behind(folder) == [], "its studio is still there"
    document.save(path)
    recovery.update()
    assert not list(folder.glob("*.recovery"))
    recovery.close()
    assert not list(folder.iterdir())


def test_what_was_left_behind_is_recovered_as_unsaved(tmp_path: Path) -> None:
    """With the file that it belongs to."""
    document = small_document()
    document.save(tmp_path / "mine.convnet")
    recovery = Recovery(document, tmp_path / "recovery")
    editing.rename(document, "conv1", "畳み込み")
    recovery.update()
    recovery._lock.release(force=True)  # as the system does when a process is killed
    (lost,) = left_behind(tmp_path / "recovery")
    other = Document()
    other.recover(lost.network, lost.path, lost.name)
    assert dumps(other.network) == dumps(document.network)
    assert other.path == tmp_path / "mine.convnet"
    assert other.dirty
    forget(lost)
    assert left_behind(tmp_path / "recovery") == []


def test_damaged_copies_are_passed_over(tmp_path: Path) -> None:
    """They never keep the studio from starting."""
    for number, content in enumerate((b"", b"{}", b'{"path": 1, "name": 2, "network": "x"}', b"\xff")):
        (tmp_path / f"{number}.recovery").write_bytes(content)
    assert left_behind(tmp_path) == []
    assert left_behind(tmp_path / "none") == []


def test_a_file_whose_name_is_no_text_is_kept_too(tmp_path: Path) -> None:
    """As from a disk of another system, in an encoding of its own."""
    document = small_document()
    document.save(tmp_path / "caf\udce9.convnet")
    recovery = Recovery(document, tmp_path / "recovery")
    editing.move(document, {"conv1": (800, 800)})
    recovery.update()
    recovery._lock.release(force=True)
    (lost,) = left_behind(tmp_path / "recovery")
    assert (lost.path, lost.name) == (document.path, document.name)
