"""The connection file is its owner's alone, and running engines are found by it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec
import pytest

from engine.errors import NoEngineError
from engine.protocol import connection as connections
from engine.protocol.keys import new_key_pair
from tests.protocol.test_watch import connection


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_a_file_reads_back_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "connection.json"
    path.touch(0o644)  # left behind by another program
    old_mask = os.umask(0)
    try:
        connections.write(connection(), path)
    finally:
        os.umask(old_mask)
    assert connections.read(path) == connection()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_engine_that_cannot_be_listed_leaves_no_keys_behind(tmp_path: Path) -> None:
    path = tmp_path / "connection.json"
    (tmp_path / "state").write_text("a file where a folder should be")
    with pytest.raises(NotADirectoryError):
        connections.write(connection(), path)
    assert not path.exists()


def test_running_engines_are_listed_and_dead_ones_forgotten(tmp_path: Path) -> None:
    alive, dead, missing = tmp_path / "a.json", tmp_path / "b.json", tmp_path / "c.json"
    connections.write(msgspec.structs.replace(connection(), engine_id="a"), alive)
    connections.write(msgspec.structs.replace(connection(started=1.0), engine_id="b"), dead)
    connections.write(msgspec.structs.replace(connection(), engine_id="c"), missing)
    missing.unlink()
    assert connections.running() == [alive]
    assert len(list(connections._list_folder().iterdir())) == 1
    connections.remove(connections.read(alive), alive)
    assert connections.running() == []
    assert not alive.exists()


def test_an_engine_is_found_whatever_encoding_the_system_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken for gone, it would be struck off the list."""
    path = tmp_path / "Läufe" / "connection.json"
    path.parent.mkdir()
    connections.write(connection(), path)
    read_text = Path.read_text
    monkeypatch.setattr(
        Path,
        "read_text",
        lambda file, encoding="latin-1", errors=None: read_text(file, encoding, errors),
    )
    assert connections.running() == [path]


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\xff\xfe"])
def test_without_a_sound_file_there_is_no_engine(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "connection.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NoEngineError, match=r"connection\.json"):
        connections.read(path)


def test_secrets_are_not_shown() -> None:
    keys = new_key_pair()
    assert keys.secret not in repr(keys)
    assert keys.secret not in repr(msgspec.structs.replace(connection(), client_secret=keys.secret))
