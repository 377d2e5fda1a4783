"""Keeps decoded pictures on the disk, so that each is decoded once and none need stay in memory.

::

    <cache>/pictures/<key>/pictures      uint8, one picture after the other
    <cache>/pictures/<key>/index         labels, digests, splits and skipped files, as msgpack

The key is a hash of what was decoded and how. A folder is made under another name and renamed at the end, so
whatever bears its name is whole.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import platformdirs
from numpy.typing import NDArray

from engine.data.digest import DIGEST_BYTES
from engine.errors import DataError
from engine.words import Words

CACHE_VARIABLE = "CONVNET_CACHE"
"""Environment variable with the folder to use instead of the platform's."""

KEPT_DAYS = 60
"""Stores that nobody opened for so long are removed when another one is made."""

_VERSION = 2
_PART_SECONDS = 7 * 86_400
"""After which what a process that died was making is removed."""


class Index(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a store holds: ``rows`` of the pictures file, and for each its label, digest and split."""

    shape: tuple[int, int, int]  # height and width in px, channels
    class_names: tuple[str, ...]
    rows: bytes  # int64, little endian
    labels: bytes  # int32, little endian
    digests: bytes  # DIGEST_BYTES each
    splits: bytes  # uint8: 0 none, 1 train, 2 validation, 3 test
    skipped: tuple[tuple[str, str], ...]  # name and reason
    pictures_bytes: int

    def digest_list(self) -> list[bytes]:
        """Return the digest of each picture."""
        places = range(0, len(self.digests), DIGEST_BYTES)
        return [self.digests[first : first + DIGEST_BYTES] for first in places]


Store = tuple[Index, NDArray[np.uint8]]
"""What is known of the pictures, and all rows of their file, mapped into memory."""


def cache_folder() -> Path:
    """Return the folder that decoded pictures are kept in."""
    cache = os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_path("ConvNet Studio", appauthor=False)
    return Path(cache) / "pictures"


def open_store(what: Any, fill: Callable[[Path], Index]) -> Store:
    """Open the store of ``what``, any plain value that tells pictures and decoding from all others.

    Where there is none, ``fill`` writes the pictures to the path that it is given and returns their index;
    nothing is kept where it raises. Raises DataError where the disk refuses.
    """
    key = hashlib.sha256(msgspec.msgpack.encode((_VERSION, what))).hexdigest()[:32]
    folder = cache_folder() / key
    store = _read(folder)
    if store is None:
        try:
            _make(folder, fill)
        except OSError as error:
            raise DataError(
                source=cache_folder(),
                expected="a disk that takes the decoded pictures",
                found=error.strerror or str(error),
                hint=Words("Free some space, or name another folder in {variable}.", variable=CACHE_VARIABLE),
            ) from error
        store = _read(folder)
    if store is None:
        raise DataError(source=folder, expected="the pictures as they were written", found="others", hint="")
    return store


def _read(folder: Path) -> Store | None:
    """Open a store; None where there is none, or not as it was written."""
    try:
        index = msgspec.msgpack.decode((folder / "index").read_bytes(), type=Index)
        file = folder / "pictures"
        if file.stat().st_size != index.pictures_bytes:
            return None
        os.utime(folder)  # when it was last of use
        if not index.pictures_bytes:  # which cannot be mapped
            return index, np.empty((0, *index.shape), np.uint8)
        return index, np.memmap(file, np.uint8, "r").reshape(-1, *index.shape)
    except (OSError, msgspec.MsgspecError, ValueError):
        return None


def _rename(part: Path, folder: Path) -> None:
    try:
        part.rename(folder)
    except OSError:
        if _read(folder) is None:
            raise


def _remove_unused(cache: Path) -> None:
    for entry in cache.iterdir():
        limit = _PART_SECONDS if entry.name.endswith(".part") else KEPT_DAYS * 86_400
        with suppress(OSError):  # another process may be removing it
            if time.time() - entry.stat().st_mtime > limit:
                shutil.rmtree(entry, ignore_errors=True)


def _make(folder: Path, fill: Callable[[Path], Index]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    _remove_unused(folder.parent)
    part = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=".part"))
    try:
        index = fill(part / "pictures")
        (part / "index").write_bytes(msgspec.msgpack.encode(index))
        if _read(folder) is None:  # or else another process was quicker
            shutil.rmtree(folder, ignore_errors=True)
            _rename(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
