"""The runs of this user on this machine: those that go on, and those that lie where runs are kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from engine.errors import NoEngineError
from engine.protocol import connection as connections
from engine.protocol.connection import Connection
from engine.protocol.messages import RunState
from engine.store.glance import glance
from engine.store.run_folder import RunFolder, runs_folder


def run_folders() -> dict[Path, Path | None]:
    """Return all run folders, each with the connection file of its engine, None where there is none.

    Those of engines come first, wherever they are, then the others where runs are kept, newest first.
    """
    running: dict[Path, Path | None] = {
        Path(connection.run_folder): path for path, connection in running_engines()
    }
    return running | {folder: None for folder in _kept() if folder not in running}


def running_engines() -> Iterator[tuple[Path, Connection]]:
    """Yield the connection file of each engine with its content. One that leaves meanwhile is left out."""
    for path in connections.running():
        with suppress(NoEngineError):
            yield path, connections.read(path)


def end_of(run: RunFolder) -> RunState | None:
    """Return how a run ended; None if it did so without a word. Raises RunFolderError without a journal."""
    with glance(run.journal) as journal:
        said = journal.last_state()
    return said.state if said is not None and said.state.ended else None


def _kept() -> Iterator[Path]:
    found = []
    for description in runs_folder().absolute().glob("*/run.json"):
        with suppress(FileNotFoundError):  # it is being removed
            found.append((description.stat().st_mtime, description.parent))
    for _, folder in sorted(found, reverse=True):
        yield folder
