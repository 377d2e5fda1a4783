"""Pictures as they came: encoded files, in memory or at a place on the disk.

What decoders start with, and so what takes long to import stays out of here. They are tuples, which pass
between processes more quickly than other objects.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from engine.errors import DataError
from engine.words import Words


class Place(NamedTuple):
    """The ``size`` bytes from ``first`` on in the file at ``path``."""

    path: str
    first: int
    size: int

    def read(self) -> bytes:
        """Return the bytes; raises DataError where they are not there."""
        try:
            file = os.open(self.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))  # in half the time of open
            try:
                os.lseek(file, self.first, os.SEEK_SET)
                content = os.read(file, self.size)
            finally:
                os.close(file)
        except OSError as error:
            raise self._error(error.strerror or str(error)) from error
        if len(content) != self.size:
            raise self._error(str(len(content)))
        return content

    def _error(self, found: str) -> DataError:
        return DataError(
            source=self.path,
            expected=Words("{count} bytes from byte {first} on", count=self.size, first=self.first),
            found=found,
            hint="Get the data anew, or leave it as it is while it is read.",
        )


class Encoded(NamedTuple):
    """A picture file called ``name``, and its ``content`` or where that lies."""

    name: str
    content: bytes | Place

    @property
    def nbytes(self) -> int:
        return len(self.content) if isinstance(self.content, bytes) else self.content.size

    def read(self) -> bytes:
        """Return the file's content; raises DataError."""
        return self.content if isinstance(self.content, bytes) else self.content.read()
