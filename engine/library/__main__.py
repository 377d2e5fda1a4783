"""``python -m engine.library``: answers requests about runs from standard input until its end."""

from __future__ import annotations

import shutil
import sys
from contextlib import suppress
from pathlib import Path

from engine.curves import pack
from engine.errors import RunFolderError, RunFolderInUseError, RunFolderUnwritableError
from engine.library.cards import list_runs
from engine.library.found import run_folders
from engine.protocol import pipe
from engine.protocol.library import (
    ChangeRun,
    EmptyTrash,
    LibraryAnswer,
    LibraryRequest,
    ListRuns,
    ReadRun,
    RunFigures,
    Runs,
    requests,
)
from engine.protocol.messages import Done
from engine.store.glance import glance
from engine.store.run_folder import RunFolder, hold_engine
from engine.store.user_notes import UserNotes, read_notes, write_notes


def main() -> int:
    """Answer until nobody asks any more; returns the exit code."""
    pipe.serve(requests, answer)
    return 0


def answer(request: LibraryRequest) -> LibraryAnswer:
    """Do what is asked for; raises ConvNetError."""
    match request:
        case ListRuns():
            return Runs(tuple(list_runs()))
        case ChangeRun(run_folder, title, tags, in_trash):
            notes = UserNotes(title.strip(), tuple(dict.fromkeys(tags)), in_trash)
            write_notes(_find(run_folder).path, notes)
        case EmptyTrash():
            _empty_trash()
        case ReadRun(run_folder, most):
            return _read(_find(run_folder), most)
    return Done()


def _find(run_folder: str) -> RunFolder:
    """Return one of the runs that are listed; raises RunFolderError for any other folder."""
    path = Path(run_folder)
    if path not in run_folders():
        hint = "It may have been removed. List the runs again."
        raise RunFolderError(path=run_folder, expected="a run that is listed", found="none", hint=hint)
    return RunFolder.open(path)


def _read(run: RunFolder, most: int) -> RunFigures:
    with glance(run.journal) as journal:
        curves = tuple(pack(split, columns) for split, columns in journal.curves(most).items())
        edits = journal.edits()
    return RunFigures(str(run.path), run.network.read_text(encoding="utf-8"), edits, curves)


def _empty_trash() -> None:
    for folder, connection in run_folders().items():
        if connection is None and read_notes(folder).in_trash:
            with suppress(RunFolderInUseError):
                _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a run for good; raises RunFolderInUseError where someone has begun to go on with it.

    Raises RunFolderUnwritableError where the disk refuses.
    """
    # Not held meanwhile: Windows removes no file that is open.
    hold_engine(folder).release()
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise RunFolderUnwritableError(path=str(folder), reason=error.strerror or str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
