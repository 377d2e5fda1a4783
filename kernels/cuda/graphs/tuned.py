"""What was found to be the quickest, on the disk: a network that was tuned once is ready at once.

One small JSON file; where it cannot be read, or written, all is timed anew.
"""

from __future__ import annotations

import contextlib
import json
from functools import cache

from kernels import code_folder

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
        code_folder.write(code_folder.folder() / _FILE, json.dumps(known).encode())


@cache
def _known() -> dict[str, str]:
    try:
        found = json.loads((code_folder.folder() / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    entries = found.items() if isinstance(found, dict) else ()
    return {key: choice for key, choice in entries if isinstance(choice, str)}
