"""The folder of this user's data sets, and what other computers have sent into it.

A file that is sent is named by its hash, so that it is sent once. What has come so far of one lies beside it
as ``.part``, and is gone on with whenever the rest is sent.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import platformdirs

from engine import durable
from engine.errors import DataError, ProtocolError
from engine.words import Words

DATA_VARIABLE = "CONVNET_DATA"
"""Environment variable that names the folder of data sets."""


def data_folder() -> Path:
    """Return the folder where data sets are looked for by studios on other computers; it may not be there."""
    return Path(
        os.environ.get(DATA_VARIABLE) or platformdirs.user_data_path("ConvNet Studio", False) / "data"
    )


class ReceivedFile:
    """A file that comes in parts; ``offset`` bytes of it are here. Raises DataError if the disk refuses."""

    def __init__(self, name: str, suffix: str, size: int, sha256: str) -> None:
        # The name comes from elsewhere: nothing of it but letters, digits and hyphens gets into the path.
        stem = re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[:40] or "data"
        self.path = f"{stem}-{sha256[:16]}{suffix}"
        self._whole = data_folder() / self.path
        self._part = data_folder() / f".{sha256}.part"
        self._size, self._sha256 = size, sha256
        with self._telling_refusals():
            self._whole.parent.mkdir(parents=True, exist_ok=True)
            self.offset = size if self.is_whole else self._length()

    @property
    def is_whole(self) -> bool:
        """Whether all of it is here, and sound."""
        return self._whole.exists() and self._whole.stat().st_size == self._size

    def add(self, offset: int, data: bytes) -> None:
        """Add the next bytes; the last ones complete the file, if its hash is right."""
        if offset != self.offset or offset + len(data) > self._size:
            raise ProtocolError(
                message=Words(
                    "bytes from {first} on, where {held} of {count} are there",
                    first=offset,
                    held=self.offset,
                    count=self._size,
                )
            )
        with self._telling_refusals():
            self._append(data)
            self.offset += len(data)
            if self.offset == self._size:
                self._complete()

    def _append(self, data: bytes) -> None:
        try:
            with self._part.open("ab") as file:
                file.write(data)
                if self.offset + len(data) == self._size:
                    file.flush()
                    os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                os.truncate(self._part, self.offset)
            raise

    def _length(self) -> int:
        """How much is here of what has not come in full; more than there should be is worth nothing."""
        length = self._part.stat().st_size if self._part.exists() else 0
        if length > self._size:
            self._part.unlink()
            return 0
        if length == self._size:  # all came, but whoever received it ended before it was checked
            self._complete()
        return length

    def _complete(self) -> None:
        with self._part.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != self._sha256:
            self._part.unlink()
            self.offset = 0
            raise DataError(
                source=self.path,
                expected=Words("the sha256 {sha256}", sha256=self._sha256),
                found=found,
                hint="The data changed on its way, or while it was sent. Send it again.",
            )
        os.replace(self._part, self._whole)
        durable.fsync_folder(self._whole.parent)

    @contextmanager
    def _telling_refusals(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or str(error)
            hint = "Make room there, and send it again: it goes on where it was."
            raise DataError(
                source=self.path, expected="a disk that takes the data", found=reason, hint=hint
            ) from error
