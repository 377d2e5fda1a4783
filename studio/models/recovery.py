"""A copy of the open network for the case that the studio ends without saving: never over the user's file."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from engine.errors import ConvNetError
from engine.graph.network_file import NetworkFile, dumps, loads
from studio.models.document import Document

SUFFIX = ".recovery"


@dataclass(frozen=True)
class Lost:
    """A network that a studio left unsaved: the copy, the user's file if it has one, and its name."""

    copy: Path
    path: Path | None
    name: str
    network: NetworkFile


class Recovery:
    """Keeps the copy of one studio in a folder that all studios of a user share.

    The copy exists while the network has changes that are not saved. A lock tells a copy in use from one
    that was left behind.
    """

    def __init__(self, document: Document, folder: Path) -> None:
        self._document = document
        self._folder = folder
        self._copy = folder / f"{uuid.uuid4().hex}{SUFFIX}"
        self._lock = FileLock(_lock_of(self._copy))
        self._is_due = False
        document.changed.connect(self._on_changed)
        document.file_changed.connect(self._on_changed)

    def close(self) -> None:
        """Remove the copy: the studio ends as the person wants it to."""
        self._document.changed.disconnect(self._on_changed)
        self._document.file_changed.disconnect(self._on_changed)
        self._remove()
        self._lock.release(force=True)
        Path(self._lock.lock_file).unlink(missing_ok=True)

    def update(self) -> None:
        """Bring the copy up to date, if there were changes. Raises OSError where it cannot be written."""
        if not self._is_due:
            return
        self._is_due = False
        if not self._document.dirty:
            self._remove()
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock.acquire(timeout=0)
        content = copy_of(self._document)
        # Without waiting for the disk, which may take seconds: the window must stay fluid.
        part = self._copy.with_suffix(".part")
        part.write_text(json.dumps(content), encoding="ascii")  # a path may be no text in any encoding
        part.replace(self._copy)

    def _on_changed(self) -> None:
        self._is_due = True

    def _remove(self) -> None:
        self._copy.unlink(missing_ok=True)


def copy_of(document: Document) -> dict[str, str | bool | None]:
    """Return what a copy holds of a document."""
    return {
        "path": str(document.path.absolute()) if document.path else None,
        "name": document.name,
        "network": dumps(document.network),
    }


def left_behind(folder: Path) -> list[Lost]:
    """Return what studios that have ended left unsaved, the newest last."""
    found = []
    for copy in sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime):
        try:
            with FileLock(_lock_of(copy), timeout=0):
                lost = _read(copy)
        except (Timeout, OSError):
            continue
        if lost is not None:
            found.append(lost)
    return found


def forget(lost: Lost) -> None:
    """Remove a copy: it was taken up, or is not wanted."""
    lost.copy.unlink(missing_ok=True)
    Path(_lock_of(lost.copy)).unlink(missing_ok=True)


def _read(copy: Path) -> Lost | None:
    try:
        content = json.loads(copy.read_bytes())
        path = Path(content["path"]) if content["path"] else None
        return Lost(copy, path, str(content["name"]), loads(content["network"], str(copy)))
    except (ValueError, KeyError, TypeError, ConvNetError):
        return None


def _lock_of(copy: Path) -> str:
    return str(copy.with_suffix(".lock"))
