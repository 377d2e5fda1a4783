"""A save whose process dies at a chosen call, or whose calls are written down."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine import checkpoint
from engine.checkpoint import CheckpointState
from tests.checkpoint.states import make_state

CALLS = ("open", "fdopen", "chmod", "fsync", "replace", "unlink")


def prepare(folder: Path) -> list[CheckpointState]:
    """Keep three checkpoints; return these and the one that is to be saved next."""
    states = [make_state(step) for step in (10, 20, 30, 40)]
    for state in states[:-1]:
        checkpoint.save(folder, state)
    return states


def is_sound(folder: Path, states: list[CheckpointState]) -> bool:
    """Whether the newest checkpoint can be read and is the last or the last but one of ``states``."""
    found = checkpoint.find_latest(folder)
    if found is None or found.state.step not in (states[-1].step, states[-2].step):
        return False
    expected = next(state for state in states if state.step == found.state.step)
    return all((found.state.tensors[name] == array).all() for name, array in expected.tensors.items())


class _DyingFile:
    """A file that is half written when its process dies."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, content: bytes) -> None:
        self._file.write(content[: len(content) // 2])
        self._file.flush()
        os.kill(os.getpid(), signal.SIGKILL)

    def __enter__(self) -> _DyingFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def die_at(call: int, when: str, folder: str, begun: Any) -> None:
    """Save, and die ``when`` ("before" or "after") the call of that number; or half way through writing."""
    count = 0

    def dying(original: Callable[..., Any], name: str) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            is_it = count == call
            if is_it and when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            result = original(*arguments, **named)
            if is_it and when == "after":
                if name == "fdopen":
                    return _DyingFile(result)
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return run

    for name in CALLS:
        setattr(os, name, dying(getattr(os, name), name))
    begun.value = 1
    checkpoint.save(Path(folder), make_state(40))
    os._exit(0)
