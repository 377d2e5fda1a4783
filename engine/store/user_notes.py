"""What the user noted about a run: ``notes.json`` in its folder."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine import durable
from engine.errors import RunFolderUnwritableError


class UserNotes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A name, tags, and whether the run was thrown away."""

    title: str = ""
    tags: tuple[str, ...] = ()
    in_trash: bool = False


def read_notes(run_folder: Path) -> UserNotes:
    """Return the notes on a run; empty ones where there are none that can be read."""
    try:
        return msgspec.json.decode((run_folder / "notes.json").read_bytes(), type=UserNotes)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return UserNotes()


def write_notes(run_folder: Path, notes: UserNotes) -> None:
    """Keep the notes on a run; raises RunFolderUnwritableError."""
    try:
        durable.write(run_folder / "notes.json", msgspec.json.format(msgspec.json.encode(notes)))
    except OSError as error:
        raise RunFolderUnwritableError(path=str(run_folder), reason=error.strerror or str(error)) from error
