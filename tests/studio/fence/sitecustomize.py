"""Keeps a process out of the folder that FENCED names; found by PYTHONPATH."""

from __future__ import annotations

import os
import sys
from typing import Any

_FENCED = os.path.realpath(os.environ["FENCED"])
_OPENING = ("open", "sqlite3.connect", "os.", "shutil.", "pathlib.", "glob.", "ctypes.dlopen")


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith(_OPENING):
        for argument in arguments:
            if isinstance(argument, str | bytes | os.PathLike) and _is_fenced(os.fsdecode(argument)):
                raise PermissionError(13, f"{event} beyond the fence", os.fsdecode(argument))


def _is_fenced(path: str) -> bool:
    return os.path.commonpath([_FENCED, os.path.abspath(path)]) == _FENCED


sys.addaudithook(_refuse)
