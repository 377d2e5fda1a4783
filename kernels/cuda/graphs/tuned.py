"""What was found to be the quickest, on the disk: a network that was tuned once is ready at once.

One small JSON file; where it cannot be read, or written, all is timed anew. ``CONVNET_CODE_CACHE`` sets
another folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from functools import cache
from pathlib import Path

_FOLDER_SETTING = "CONVNET_CODE_CACHE"
_FILE = "cudnn.json"


def get(key: str) -> str:
    """Return what was found for a key, "" where nothing was."""
    return _known().get(key, "")


def put(key: str, choice: str) -> None:
    """Keep what was found for a key."""
    known = _known()
    if known.get(key) == choice:
        return
    known[key] = choice
    with contextlib.suppress(OSError):
        write(folder() / _FILE, json.dumps(known))


def write(path: Path, text: str) -> None:
    """Write a file, which others see whole or not at all; raises OSError, and then leaves nothing behind."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


@cache
def _known() -> dict[str, str]:
    try:
        found = json.loads((folder() / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    entries = found.items() if isinstance(found, dict) else ()
    return {key: choice for key, choice in entries if isinstance(choice, str)}


def folder() -> Path:
    """Return the folder for what is kept."""
    from platformdirs import user_cache_path

    folder = os.environ.get(_FOLDER_SETTING, "")
    return Path(folder) if folder else user_cache_path("convnet-studio") / "code"
