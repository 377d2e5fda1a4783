"""A call of the system that refuses in the middle of a save."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from engine import checkpoint
from engine.errors import CheckpointError
from tests.checkpoint.states import make_state
from tests.faults.saving import is_sound, prepare


def refused_save(folder: Path, call: str, code: int, number: int) -> tuple[bool, int]:
    """Refuse the call of that number in a save, then save again.

    Returns whether all was well: told, the old ones unharmed, nothing left behind, and then a save under
    other temporary names; and how many such calls there were.
    """
    folder.mkdir()
    states = prepare(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    original = getattr(os, call)
    calls: list[str] = []

    def refuse(*arguments: Any, **named: Any) -> Any:
        calls.append(_name(arguments[0]))
        if len(calls) == number:
            raise OSError(code, os.strerror(code))
        return original(*arguments, **named)

    told = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, call, refuse)
        try:
            checkpoint.save(folder, states[-1])
        except CheckpointError as error:
            told = os.strerror(code) in str(error)
        refused = calls[number - 1] if number <= len(calls) else ""
        first, calls[:] = len(calls), []
        unharmed = is_sound(folder, states) and all(
            (folder / name).read_bytes() == content
            for name, content in before.items()
            if (folder / name).exists()
        )
        number = 0
        checkpoint.save(folder, make_state(40))
        anew = not refused.endswith(".part") or refused not in calls
    nothing_left = not list(folder.glob(".*.part"))
    latest = checkpoint.load_latest(folder)
    saved = latest is not None and latest.step == 40
    return told and unharmed and anew and nothing_left and saved, first


def _name(what: Any) -> str:
    """Return the path of a call's first argument, which may be a descriptor."""
    return os.readlink(f"/proc/self/fd/{what}") if isinstance(what, int) else str(what)


EIO, EACCES = errno.EIO, errno.EACCES
