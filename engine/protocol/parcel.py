"""Data on its way to another computer: a file as it is, a folder as a tar that is never written here.

The tar of a folder is made of its files' names and contents alone, so it is the same each time, and can be
read from any place on: a transfer that was cut off goes on where it was.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from bisect import bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

from engine.errors import DataError, DataNotFoundError
from engine.words import Words

_READ = 1 << 20
_RECORD = tarfile.BLOCKSIZE

Part = bytes | tuple[Path, int]
"""Bytes, or a file and its size."""


class Parcel:
    """What is sent of the data at ``path``: ``suffix`` and ``size`` of the file that it becomes there.

    Raises DataNotFoundError if there is nothing, DataError for what cannot be read: nothing is left out.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._find(path)
        except OSError as error:
            raise DataError(
                source=error.filename or path,
                expected="files that can be read",
                found=error.strerror or str(error),
                hint="Allow reading the data, and leave them as they are while they are sent.",
            ) from error

    def _find(self, path: Path) -> None:
        if not path.exists():
            raise DataNotFoundError(
                source=path, expected="a file or folder", hint="Correct the path of the data."
            )
        self.name = path.name.partition(".")[0]
        self._path = path
        self.suffix = ".tar" if path.is_dir() else "".join(path.suffixes[-2:]).lower()
        self._parts = list(_folder_parts(path)) if path.is_dir() else [(path, path.stat().st_size)]
        self._starts = [0]
        for part in self._parts:
            self._starts.append(self._starts[-1] + _length(part))
        self.size = self._starts.pop()

    def read(self, offset: int, count: int) -> bytes:
        """Return up to ``count`` bytes from ``offset`` on; raises DataError if a file has changed."""
        pieces: list[bytes] = []
        at = bisect_right(self._starts, offset) - 1
        while count > 0 and at < len(self._parts):
            piece = self._read_part(self._parts[at], offset - self._starts[at], count)
            pieces.append(piece)
            offset, count, at = offset + len(piece), count - len(piece), at + 1
        return b"".join(pieces)

    def sha256(self, progress: Callable[[int], None]) -> str:
        """Return the hash of all of it; ``progress`` is told the bytes that were read, and may raise."""
        digest = hashlib.sha256()
        offset = 0
        while offset < self.size:
            digest.update(piece := self.read(offset, _READ))
            offset += len(piece)
            progress(offset)
        return digest.hexdigest()

    def _read_part(self, part: Part, offset: int, count: int) -> bytes:
        if isinstance(part, bytes):
            return part[offset : offset + count]
        path, size = part
        wanted = min(count, size - offset)
        try:
            with path.open("rb") as file:
                file.seek(offset)
                content = file.read(wanted)
        except OSError as error:
            raise self._changed(path, error.strerror or str(error)) from error
        if len(content) != wanted:
            raise self._changed(path, Words("only {count}", count=offset + len(content)))
        return content

    def _changed(self, path: Path, found: str) -> DataError:
        hint = "Leave the data as it is while it is sent, and try again."
        return DataError(source=path, expected="as many bytes as before", found=found, hint=hint)


def _length(part: Part) -> int:
    return len(part) if isinstance(part, bytes) else part[1]


def _folder_parts(folder: Path) -> Iterator[Part]:
    """Yield header, content and padding of each file, by name; hidden files stay here."""
    for name in sorted(_names(folder)):
        path = folder / name
        entry = tarfile.TarInfo(name)
        entry.size = path.stat().st_size
        yield entry.tobuf(tarfile.PAX_FORMAT)
        yield path, entry.size
        yield bytes(-entry.size % _RECORD)
    yield bytes(2 * _RECORD)


def _names(folder: Path) -> Iterator[str]:
    for root, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(root, name)
            if not name.startswith(".") and path.is_file():
                yield path.relative_to(folder).as_posix()


def _refuse(error: OSError) -> NoReturn:
    """Have a folder that cannot be read be told of, which would be passed over."""
    raise error
