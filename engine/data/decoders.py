"""Decodes many pictures into one file, on all processors.

Processes of their own decode, so that a decoder that crashes takes only itself along, and write to the file
what they have decoded: no picture passes between processes twice.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import threading
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import numpy as np

from engine.data.dataset import Skipped
from engine.data.decode import decode
from engine.data.divide import digest
from engine.errors import DataError

Progress = Callable[[int], None]
"""Is told how many pictures are done; what it raises ends the decoding."""

_CHUNK_PICTURES = 256
_CHUNK_BYTES = 4 << 20


@dataclass(frozen=True)
class Encoded:
    """A picture as it came: the ``content`` of a file called ``name``."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a picture: the digest of its content, and what there is to say if it was skipped."""

    digest: bytes
    skipped: Skipped | None


@dataclass(frozen=True)
class Form:
    """The form that pictures are decoded to: ``size`` (height, width) in px, None for their own; channels."""

    size: tuple[int, int] | None
    channels: int


def processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def decode_all(
    pictures: Iterable[Encoded], form: Form, file: Path, progress: Progress | None = None
) -> tuple[tuple[int, int, int], list[Outcome]]:
    """Decode ``pictures`` into ``file``, a row of uint8 each, and return a row's shape and all outcomes.

    Rows of skipped pictures are empty. Where ``form`` has no size, the first picture that can be decoded has
    it; one of another size raises DataError.
    """
    waiting = iter(pictures)
    shape, looked_at = _find_shape(waiting, form)
    row = _Row(form, shape)
    file.touch()
    outcomes: list[Outcome] = []
    with closing(_decode_chunks(_chunks(chain(looked_at, waiting)), row, file)) as chunks:
        for done in chunks:
            outcomes += done
            if progress is not None:
                progress(len(outcomes))
    return shape, outcomes


def _find_shape(waiting: Iterator[Encoded], form: Form) -> tuple[tuple[int, int, int], list[Encoded]]:
    """Return the shape that pictures have once they are decoded, and the pictures that were looked at."""
    if form.size is not None:
        return (*form.size, form.channels), []
    looked_at = []
    for picture in islice(waiting, _CHUNK_PICTURES):
        looked_at.append(picture)
        with suppress(DataError):
            height, width, channels = decode(picture.content, None, form.channels, picture.name).shape
            return (height, width, channels), looked_at
    return (1, 1, form.channels), looked_at


@dataclass(frozen=True)
class _Row:
    """How each picture is decoded, and the shape that it has then."""

    form: Form
    shape: tuple[int, int, int]

    @property
    def nbytes(self) -> int:
        return int(np.prod(self.shape))


def _chunks(pictures: Iterable[Encoded]) -> Iterator[list[Encoded]]:
    chunk: list[Encoded] = []
    nbytes = 0
    for picture in pictures:
        chunk.append(picture)
        nbytes += len(picture.content)
        if len(chunk) == _CHUNK_PICTURES or nbytes >= _CHUNK_BYTES:
            yield chunk
            chunk, nbytes = [], 0
    if chunk:
        yield chunk


def _decode_chunks(chunks: Iterator[list[Encoded]], row: _Row, file: Path) -> Generator[list[Outcome]]:
    """Yield the outcomes of each chunk. Up to two chunks are not worth the start of processes."""
    few = list(islice(chunks, 3))
    if len(few) < 3:
        first = 0
        for chunk in few:
            yield _decode_chunk(chunk, row, file, first)
            first += len(chunk)
        return
    workers = processors()
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=_start_decoder) as pool:
        pending: deque[tuple[str, Future[list[Outcome]]]] = deque()
        first = 0
        try:
            for chunk in chain(few, chunks):
                if len(pending) == 2 * workers + 2:
                    yield _result(*pending.popleft())
                pending.append((chunk[0].name, pool.submit(_decode_chunk, chunk, row, file, first)))
                first += len(chunk)
            while pending:
                yield _result(*pending.popleft())
        finally:
            for _, future in pending:
                future.cancel()


def _result(name: str, future: Future[list[Outcome]]) -> list[Outcome]:
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise DataError(
            source=name,
            expected="pictures that can be decoded",
            found="one, here or in the few hundred after it, that ended the decoder",
            hint="Memory may have run out; otherwise move pictures out until the faulty one is found.",
        ) from error


def _decode_chunk(chunk: list[Encoded], row: _Row, file: Path, first: int) -> list[Outcome]:
    block = np.zeros((len(chunk), *row.shape), np.uint8)
    outcomes = []
    for place, picture in enumerate(chunk):
        skipped = None
        try:
            pixels = decode(picture.content, row.form.size, row.form.channels, picture.name)
        except DataError as error:
            skipped = Skipped(picture.name, str(error.fields["found"]))
        else:
            if pixels.shape != row.shape:
                raise _other_size(picture.name, pixels.shape, row.shape)
            block[place] = pixels
        outcomes.append(Outcome(digest(picture.content), skipped))
    with file.open("r+b") as rows:
        rows.seek(first * row.nbytes)
        rows.write(block.data)
    return outcomes


def _other_size(name: str, found: tuple[int, ...], expected: tuple[int, ...]) -> DataError:
    return DataError(
        source=name,
        expected=f"a picture of {expected[1]} × {expected[0]} px like those before it",
        found=f"{found[1]} × {found[0]} px",
        hint="Set the picture size that all are scaled to.",
    )


def _start_decoder() -> None:
    """Keep Pillow's warnings quiet, and end this process once its parent has ended, however it did."""
    warnings.simplefilter("ignore")
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_wait_for_end, args=(parent.sentinel,), daemon=True).start()


def _wait_for_end(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)
