"""The folder that keeps compiled code, and what was found to be the quickest, from one process to the next.

Processes share it: files are written beside their place and then renamed. ``CONVNET_CODE_CACHE`` sets another
folder than that of the user's caches.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

SETTING: Final = "CONVNET_CODE_CACHE"


def folder() -> Path:
    """Return the folder, which may not be there yet."""
    chosen = os.environ.get(SETTING, "")
    return Path(chosen) if chosen else user_cache_path("convnet-studio") / "code"


def write(path: Path, content: bytes) -> None:
    """Write a file, which others see whole or not at all; raises OSError, and then leaves nothing behind.

    After a power cut it may be there with anything in it.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
