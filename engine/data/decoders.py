"""Decodes many pictures into one file, on all processors.

Processes of their own decode, so that a decoder that crashes takes only itself along. They read the pictures
where they lie and write to the file what they have decoded: between processes goes little besides names.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager, suppress
from itertools import chain, islice
from pathlib import Path

from engine.data import decoder
from engine.data.decode import decode
from engine.data.decoder import Form, Outcome, Row
from engine.data.encoded import Encoded
from engine.errors import DataError

Progress = Callable[[int], None]
"""Is told how many pictures are done; what it raises ends the decoding."""

_BLAS_THREADS = "OPENBLAS_NUM_THREADS"
_STARTING = threading.Lock()
"""Held while all is as new processes are to find it."""

_CHUNK_PICTURES = 256
_CHUNK_BYTES = 2 << 20


def processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def decode_all(
    pictures: Iterable[Encoded], form: Form, file: Path, progress: Progress | None = None
) -> tuple[tuple[int, int, int], list[Outcome]]:
    """Decode ``pictures`` into ``file``, a row of uint8 each, and return a row's shape and all outcomes.

    Rows of skipped pictures are black. Where ``form`` has no size, the first picture that can be decoded has
    it; one of another size raises DataError.
    """
    waiting = iter(pictures)
    shape, looked_at = _find_shape(waiting, form)
    file.touch()
    outcomes: list[Outcome] = []
    chunks = _chunks(chain(looked_at, waiting))
    with closing(_decode_chunks(chunks, Row(form, shape), file)) as decoded:
        for done in decoded:
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
            height, width, channels = decode(picture.read(), None, form.channels, picture.name).shape
            return (height, width, channels), looked_at
    return (1, 1, form.channels), looked_at


def _chunks(pictures: Iterable[Encoded]) -> Iterator[list[Encoded]]:
    chunk: list[Encoded] = []
    nbytes = 0
    for picture in pictures:
        chunk.append(picture)
        nbytes += picture.nbytes
        if len(chunk) == _CHUNK_PICTURES or nbytes >= _CHUNK_BYTES:
            yield chunk
            chunk, nbytes = [], 0
    if chunk:
        yield chunk


def _decode_chunks(chunks: Iterator[list[Encoded]], row: Row, file: Path) -> Generator[list[Outcome]]:
    """Yield the outcomes of each chunk. Up to four chunks are not worth the start of processes."""
    few = list(islice(chunks, 5))
    if len(few) < 5:
        first = 0
        for chunk in few:
            yield decoder.decode_chunk(chunk, row, file, first)
            first += len(chunk)
        return
    workers = processors()
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=decoder.start) as pool:
        pending: deque[tuple[str, Future[list[Outcome]]]] = deque()
        first = 0
        try:
            for chunk in chain(few, chunks):
                if len(pending) == 2 * workers + 2:
                    yield _result(*pending.popleft())
                with _starting_light():  # each task may start another process
                    task = pool.submit(decoder.decode_chunk, chunk, row, file, first)
                pending.append((chunk[0].name, task))
                first += len(chunk)
            while pending:
                yield _result(*pending.popleft())
        finally:
            for _, future in pending:
                future.cancel()


@contextmanager
def _starting_light() -> Generator[None]:
    """Let processes that start now be there soon.

    They have no threads of NumPy's, which they only would wait for, and do not import this program's main
    module, as they otherwise would: it decodes nothing.
    """
    main = sys.modules["__main__"]
    with _STARTING:
        threads = os.environ.get(_BLAS_THREADS)
        kept = main.__spec__, getattr(main, "__file__", None)
        os.environ[_BLAS_THREADS] = "1"
        main.__spec__ = main.__file__ = None
        try:
            yield
        finally:
            main.__spec__, main.__file__ = kept
            if threads is None:
                del os.environ[_BLAS_THREADS]
            else:
                os.environ[_BLAS_THREADS] = threads


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
