"""Writes a file so that its path holds either the old or the new content, whatever happens in between."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Replace ``path`` by ``content`` with the permissions ``mode``; on return it has reached the disk.

    Write, fsync, rename, fsync the folder. Raises OSError as ``put`` does.
    """
    put(path, content, mode)
    fsync_folder(path.parent)


def put(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Replace ``path`` by ``content``, which is on the disk before it bears its name.

    The name lasts from the next ``fsync_folder`` on: a power loss before it leaves the old file or the new.
    Raises OSError; the old file is then unharmed and nothing is left behind.
    """
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.chmod(temporary, mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def fsync_folder(folder: Path) -> None:
    """Make renames and removals in ``folder`` last. Windows cannot open folders, and does so by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
