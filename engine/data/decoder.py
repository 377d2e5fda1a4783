"""What a decoder process does: decodes pictures, and writes them to the file of decoded ones.

Such processes start often, and so import little: nothing of a data set's meaning.
"""

from __future__ import annotations

import math
import os
import pickle
import queue
import signal
import sys
import threading
import warnings
from contextlib import suppress
from typing import BinaryIO, NamedTuple

from engine.data.decode import Pixels, decode_bytes
from engine.data.digest import digest
from engine.data.encoded import Encoded
from engine.errors import DataError
from engine.words import Words


class Form(NamedTuple):
    """The form that pictures are decoded to: ``size`` (height, width) in px, None for their own; channels."""

    size: tuple[int, int] | None
    channels: int


class Row(NamedTuple):
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


def decode_chunk(chunk: list[Encoded], row: Row, file: str, first: int) -> list[Outcome]:
    """Decode pictures into the rows of ``file`` from row ``first`` on; rows of skipped ones are black.

    Raises DataError for a picture of another shape than ``row`` has, and for a file that cannot be read.
    """
    with open(file, "r+b") as rows:
        _make_room(rows, first * row.nbytes, len(chunk) * row.nbytes)
        rows.seek(first * row.nbytes)
        return [_decode_one(picture, row, rows) for picture in chunk]


def _make_room(rows: BinaryIO, first: int, nbytes: int) -> None:
    """Have the disk lay out bytes in one go; page by page, as they are written, takes twice the time."""
    if hasattr(os, "posix_fallocate"):
        with suppress(OSError):  # writing will tell, if it cannot be done at all
            os.posix_fallocate(rows.fileno(), first, nbytes)


def _decode_one(picture: Encoded, row: Row, rows: BinaryIO) -> Outcome:
    content = picture.read()
    skipped = None
    try:
        pixels = decode_bytes(content, row.form.size, row.form.channels, picture.name)
    except DataError as error:
        pixels, skipped = Pixels(row.shape, bytes(row.nbytes)), (picture.name, str(error.fields["found"]))
    if pixels.shape != row.shape:
        raise _other_size(picture.name, pixels.shape, row.shape)
    rows.write(pixels.values)
    return Outcome(digest(content), skipped)


def _other_size(name: str, found: tuple[int, ...], expected: tuple[int, ...]) -> DataError:
    return DataError(
        source=name,
        expected=Words("a picture of {size} px like those before it", size=f"{expected[1]} × {expected[0]}"),
        found=Words("{size} px", size=f"{found[1]} × {found[0]}"),
        hint="Set the picture size that all are scaled to.",
    )


class Task(NamedTuple):
    """What a decoder process is told to do: the arguments of ``decode_chunk``."""

    chunk: list[Encoded]
    row: Row
    file: str
    first: int


def serve() -> None:
    """Do the tasks that come on standard input, one after the other, as a process of its own.

    Each is answered on standard output: by its outcomes, or what it raised. The process ends at once when its
    input does, and so with its parent, however that ends.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent
    warnings.simplefilter("ignore")  # Pillow's, of damaged pictures
    tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(tasks,), daemon=True).start()
    while True:
        try:
            answer: list[Outcome] | Exception = decode_chunk(*tasks.get())
        except Exception as error:
            answer = error
        pickle.dump(answer, sys.stdout.buffer)
        sys.stdout.buffer.flush()


def _receive(tasks: queue.SimpleQueue[Task]) -> None:
    try:
        while True:
            tasks.put(pickle.load(sys.stdin.buffer))
    finally:
        os._exit(0)
