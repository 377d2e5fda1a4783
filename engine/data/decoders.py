"""Decodes many pictures into one file, on all processors.

Processes of their own decode, so that a decoder that crashes takes only itself along. They read the pictures
where they lie and write to the file what they have decoded: between processes goes little besides names.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from itertools import chain, islice
from pathlib import Path

from engine.data import decoder
from engine.data.decode import decode_bytes
from engine.data.decoder import Form, Outcome, Row, Task
from engine.data.encoded import Encoded
from engine.errors import DataError

Progress = Callable[[int], None]
"""Is told how many pictures are done; what it raises ends the decoding."""

_SERVE = "from engine.data.decoder import serve; serve()"
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
            return decode_bytes(picture.read(), None, form.channels, picture.name).shape, looked_at
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
        for task in _tasks(few, row, file):
            yield decoder.decode_chunk(*task)
        return
    workers = processors()
    with ExitStack() as ending, ThreadPoolExecutor(workers) as threads:
        decoders = _Decoders(ending)
        pending: deque[Future[list[Outcome]]] = deque()
        try:
            for task in _tasks(chain(few, chunks), row, file):
                if len(pending) == 2 * workers + 2:
                    yield pending.popleft().result()
                pending.append(threads.submit(decoders.do, task))
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()


def _tasks(chunks: Iterable[list[Encoded]], row: Row, file: Path) -> Iterator[Task]:
    first = 0
    for chunk in chunks:
        yield Task(chunk, row, str(file), first)
        first += len(chunk)


class _Decoders:
    """Decoder processes: as many as there are tasks at the same time. They end with ``ending``."""

    def __init__(self, ending: ExitStack) -> None:
        self._ending = ending
        self._idle: list[subprocess.Popen[bytes]] = []

    def do(self, task: Task) -> list[Outcome]:
        """Have a process do ``task``; called by several threads. Raises what it raises, and DataError."""
        try:
            process = self._idle.pop()
        except IndexError:
            process = self._ending.enter_context(_start())
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            pickle.dump(task, process.stdin)
            process.stdin.flush()
            answer: list[Outcome] | Exception = pickle.load(process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            with suppress(OSError):  # of what it was no longer sent
                process.stdin.close()
            raise _ended(task.chunk[0].name) from error
        self._idle.append(process)
        if isinstance(answer, Exception):
            raise answer
        return answer


def _start() -> subprocess.Popen[bytes]:
    """Start a decoder process; raises DataError."""
    try:
        return subprocess.Popen(
            # -P: modules are not looked for in the current folder, which may hold anything.
            [sys.executable, "-P", "-c", _SERVE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise DataError(
            source=sys.executable,
            expected="another process, to decode pictures",
            found=error.strerror or str(error),
            hint="Memory, or the number of processes, may have run out: close other programs.",
        ) from error


def _ended(name: str) -> DataError:
    return DataError(
        source=name,
        expected="pictures that can be decoded",
        found="one, here or in the few hundred after it, that ended the decoder",
        hint="Memory may have run out; otherwise move pictures out until the faulty one is found.",
    )
