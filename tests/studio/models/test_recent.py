"""The list of recent files."""

from __future__ import annotations

from pathlib import Path

from studio.models.recent import LONGEST_LIST, RecentFiles


def test_the_last_used_is_first_and_nothing_is_twice() -> None:
    """The list is no longer than ten."""
    recent, told = RecentFiles(), []
    recent.changed.connect(lambda: told.append(recent.paths))
    for index in range(12):
        recent.add(Path(f"/tmp/{index}"))
    recent.add(Path("/tmp/5"))
    assert recent.paths[:2] == (Path("/tmp/5"), Path("/tmp/11"))
    assert len(recent.paths) == len(set(recent.paths)) == LONGEST_LIST
    assert len(told) == 13


def test_files_can_be_forgotten() -> None:
    """One that is gone, or all."""
    recent = RecentFiles([Path("/a"), Path("/b")])
    recent.remove(Path("/a"))
    assert recent.paths == (Path("/b"),)
    recent.clear()
    assert recent.paths == ()
