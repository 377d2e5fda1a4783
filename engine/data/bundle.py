"""Goes through the files of a folder, a tar or a zip, one after the other, without unpacking anything.

Archives come from anywhere: names that lead out of them, links, and contents that grow beyond all proportion
are refused.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from engine.data import tar
from engine.data.encoded import Place
from engine.errors import DataError, DataNotFoundError
from engine.words import Words, encodable

MOST_BYTES = 1 << 30
"""Of one file in an archive."""

MOST_GROWTH = 250
"""Times an archive may grow when it is unpacked; pictures grow a few times at most."""

_SLACK = 16 << 20
"""Bytes that any archive may unpack to."""

_UNPACKERS: dict[str, Callable[[IO[bytes]], Any]] = {
    ".tar": lambda file: file,
    ".tar.gz": lambda file: gzip.GzipFile(fileobj=file),
    ".tgz": lambda file: gzip.GzipFile(fileobj=file),
    ".tar.xz": lzma.LZMAFile,
    ".txz": lzma.LZMAFile,
    ".tar.bz2": bz2.BZ2File,
}
SUFFIXES = (*_UNPACKERS, ".zip")
"""What names of archives end in."""

# zipfile raises RuntimeError for encryption and NotImplementedError for later versions; tarfile raises
# whatever its conversions raise on a header that says it is sound.
_UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    OverflowError,
    MemoryError,
    RuntimeError,
    IndexError,
    KeyError,
    zipfile.BadZipFile,
    tarfile.TarError,
    lzma.LZMAError,
    zlib.error,
)


@dataclass(frozen=True)
class Member:
    """A file of the bundle at ``path``: its ``name`` there as text, parted by "/", and ``size`` in bytes.

    ``place`` is where it lies on the disk as it is, None where it is packed.
    """

    path: Path
    name: str
    size: int
    content: Callable[[], bytes]
    place: Place | None = None

    def read(self) -> bytes:
        """Return the file's content, until the next member is asked for; raises DataError."""
        with _readable(self.path):
            return self.content()


def is_bundle(path: Path) -> bool:
    """Return whether ``path`` is a folder or bears the name of an archive."""
    return path.is_dir() or path.name.lower().endswith(SUFFIXES)


def members(path: Path) -> Generator[Member]:
    """Yield the files in ``path``: those of a folder by name, those of an archive as they lie in it.

    Raises DataError for an archive that is damaged or dangerous, also while its members are read.
    """
    if not path.exists():
        hint = "Correct the path of the data."
        raise DataNotFoundError(source=path, expected="a file or folder", hint=hint)
    with _readable(path):
        if path.is_dir():
            yield from _of_folder(path)
        elif path.name.lower().endswith(".zip"):
            yield from _of_zip(path)
        else:
            yield from _of_tar(path)


@contextmanager
def _readable(path: Path) -> Generator[None]:
    try:
        yield
    except _UNREADABLE as error:
        raise DataError(
            source=path,
            expected="files that can be read",
            found=f"{type(error).__name__}: {str(error)[:200]}",
            hint="Get the data anew, or unpack it into a folder yourself.",
        ) from error


def identity(path: Path) -> list[tuple[str, int, int]]:
    """Return what tells the content of a bundle from another: names, sizes and times of its files."""
    folder, names = (path, sorted(_names(path))) if path.is_dir() else (path.parent, [path.name])
    stats = ((name, (folder / name).stat()) for name in names)
    return [(encodable(name), stat.st_size, stat.st_mtime_ns) for name, stat in stats]


def _names(folder: Path) -> Generator[str]:
    start = len(os.path.join(folder, ""))
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            file = os.path.join(root, name)
            if not name.startswith(".") and os.path.isfile(file):
                yield file[start:].replace(os.sep, "/")


def _of_folder(folder: Path) -> Generator[Member]:
    for name in sorted(_names(folder)):
        file = folder / name
        size = file.stat().st_size
        yield Member(folder, encodable(name), size, file.read_bytes, Place(str(file), 0, size))


def _of_zip(path: Path) -> Generator[Member]:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        _check_growth(path, sum(entry.file_size for entry in entries), path.stat().st_size)
        for entry in entries:
            name = _inner_name(path, entry.filename)
            if stat.S_ISLNK(entry.external_attr >> 16):
                raise _dangerous(path, name, "a link")
            if not entry.is_dir():
                _check_size(path, name, entry.file_size)
                yield Member(path, name, entry.file_size, partial(archive.read, entry))


def _of_tar(path: Path) -> Generator[Member]:
    suffix = next(suffix for suffix in SUFFIXES if path.name.lower().endswith(suffix))
    with path.open("rb") as file:
        if suffix == ".tar":
            for name, entry in _safe(path, tar.entries(file)):
                place = Place(str(path), entry.offset_data, entry.size)
                yield Member(path, name, entry.size, place.read, place)
            return
        with _UNPACKERS[suffix](file) as unpacked, _open_stream(path, unpacked, file) as archive:
            for name, entry in _safe(path, tar.others(archive)):
                content = archive.extractfile(entry)
                if content is not None:
                    yield Member(path, name, entry.size, content.read)


def _safe(path: Path, entries: Iterable[tarfile.TarInfo]) -> Generator[tuple[str, tarfile.TarInfo]]:
    """Pass the files on with their names, and refuse the archive at what may be meant to do harm."""
    for entry in entries:
        name = _inner_name(path, entry.name)
        if entry.isdir():
            continue
        if not entry.isreg() or entry.issparse():
            raise _dangerous(path, name, "a link or device" if not entry.isreg() else "a file with holes")
        _check_size(path, name, entry.size)
        yield name, entry


def _open_stream(path: Path, unpacked: IO[bytes], packed: IO[bytes]) -> tarfile.TarFile:
    return tarfile.open(fileobj=_Metered(path, unpacked, packed), mode="r|", bufsize=1 << 15)


class _Metered(io.BufferedIOBase):
    """A stream that refuses to grow beyond all proportion to the ``packed`` bytes behind it."""

    def __init__(self, path: Path, stream: IO[bytes], packed: IO[bytes]) -> None:
        super().__init__()
        self._path = path
        self._stream = stream
        self._packed = packed
        self._unpacked = 0

    def read(self, count: int | None = -1, /) -> bytes:
        content = self._stream.read(-1 if count is None else count)
        self._unpacked += len(content)
        _check_growth(self._path, self._unpacked, self._packed.tell())
        return content


def _check_growth(path: Path, unpacked: int, packed: int) -> None:
    if unpacked > _SLACK + MOST_GROWTH * packed:
        raise DataError(
            source=path,
            expected=Words(
                "an archive that grows at most {times} times when it is unpacked", times=MOST_GROWTH
            ),
            found=Words("{packed} bytes that become {unpacked}", packed=packed, unpacked=unpacked),
            hint="Such archives are made to fill disks.",
        )


def _check_size(path: Path, name: str, size: int) -> None:
    if size > MOST_BYTES:
        raise _dangerous(path, name, Words("{count} bytes", count=size))


def _inner_name(path: Path, name: str) -> str:
    path_inside = name.replace("\\", "/")
    parts = [part for part in path_inside.split("/") if part not in ("", ".")]
    if not name or "\0" in name or ".." in parts or path_inside[0] == "/" or ":" in "".join(parts[:1]):
        raise _dangerous(path, name, "this name")
    return encodable("/".join(parts))


def _dangerous(path: Path, name: str, found: str) -> DataError:
    return DataError(
        source=f"{path}: {name[:200]!r}",
        expected=Words("plain files below the archive's top, of at most {count} bytes", count=MOST_BYTES),
        found=found,
        hint="Unpack the archive yourself if you trust it, and choose the folder.",
    )
