"""The runs of this user that lie where runs are kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.errors import RunFolderError
from engine.protocol.messages import RunState
from engine.store.journal import Journal
from engine.store.run_folder import RunFolder, runs_folder


def kept_runs() -> Iterator[Path]:
    """Yield the run folders where runs are kept, newest first."""
    if not runs_folder().is_dir():
        return
    found = [path.parent for path in runs_folder().glob("*/run.json")]
    yield from sorted(found, key=lambda folder: (folder / "run.json").stat().st_mtime, reverse=True)


def end_of(run: RunFolder) -> RunState | None:
    """Return how a run ended; None if it did so without a word. Raises RunFolderError without a journal."""
    if not run.journal.exists():
        raise RunFolderError(path=str(run.path), expected="a journal", found="none", hint="")
    journal = Journal(run.journal)
    state = journal.last_state()
    journal.close()
    return state if state is not None and state.ended else None
