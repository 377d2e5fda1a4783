"""What a decoder process does: decodes pictures, and writes them to the file of decoded ones.

Such processes start often, and so import little: nothing of a data set's meaning.
"""

from __future__ import annotations

import math
import multiprocessing
import multiprocessing.connection
import os
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.data.decode import decode
from engine.data.digest import digest
from engine.data.encoded import Encoded
from engine.errors import DataError


@dataclass(frozen=True)
class Form:
    """The form that pictures are decoded to: ``size`` (height, width) in px, None for their own; channels."""

    size: tuple[int, int] | None
    channels: int


@dataclass(frozen=True)
class Row:
    """How each picture is decoded, and the ``shape`` that it has then: height, width, channels."""

    form: Form
    shape: tuple[int, int, int]

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape)


class Outcome(NamedTuple):
    """What became of a picture: the digest of its content, and if it was skipped, its name and the reason."""

    digest: bytes
    skipped: tuple[str, str] | None


def decode_chunk(chunk: list[Encoded], row: Row, file: Path, first: int) -> list[Outcome]:
    """Decode pictures into the rows of ``file`` from row ``first`` on; rows of skipped ones are black.

    Raises DataError for a picture of another shape than ``row`` has, and for a file that cannot be read.
    """
    with file.open("r+b") as rows:
        rows.seek(first * row.nbytes)
        return [_decode_one(picture, row, rows) for picture in chunk]


def _decode_one(picture: Encoded, row: Row, rows: BinaryIO) -> Outcome:
    content = picture.read()
    skipped = None
    try:
        pixels: NDArray[np.uint8] = decode(content, row.form.size, row.form.channels, picture.name)
    except DataError as error:
        pixels, skipped = np.zeros(row.shape, np.uint8), (picture.name, str(error.fields["found"]))
    if pixels.shape != row.shape:
        raise _other_size(picture.name, pixels.shape, row.shape)
    rows.write(pixels.data)
    return Outcome(digest(content), skipped)


def _other_size(name: str, found: tuple[int, ...], expected: tuple[int, ...]) -> DataError:
    return DataError(
        source=name,
        expected=f"a picture of {expected[1]} × {expected[0]} px like those before it",
        found=f"{found[1]} × {found[0]} px",
        hint="Set the picture size that all are scaled to.",
    )


def start() -> None:
    """Keep Pillow's warnings quiet, and end this process once its parent has ended, however it did."""
    warnings.simplefilter("ignore")
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_wait_for_end, args=(parent.sentinel,), daemon=True).start()


def _wait_for_end(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)
