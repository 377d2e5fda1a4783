"""The thread that writes the run folder: whatever the disk does, the heart beats on.

It commits entries in small batches, answers what is asked of the folder, and writes the log as text.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.errors import RunFolderUnwritableError
from engine.protocol.codec import encode
from engine.protocol.messages import Answer, Entries, Entry, LogLine, Problem, Reply
from engine.protocol.problems import describe
from engine.protocol.wake import Wake
from engine.store.journal import Journal

MOST_WAITING = 100_000
"""Entries that may wait for the disk; the training process waits once there are as many."""

_COMMIT_EVERY = 0.05  # s
_TRY_AGAIN_AFTER = 1.0  # s, when the disk refused


@dataclass(frozen=True)
class Read:
    """Entries wanted for a client's stream."""

    peer: bytes
    generation: int  # which of the client's streams
    after: int  # sequence number
    limit: int


@dataclass(frozen=True)
class Question:
    """A request whose answer lies in the run folder."""

    peer: bytes
    call_id: int
    answer: Callable[[Journal], Answer]


@dataclass(frozen=True)
class Chunk:
    """Entries that were read: a frame, ready to be sent."""

    peer: bytes
    generation: int
    last: int  # sequence number of the last entry in it
    frame: bytes


@dataclass(frozen=True)
class Answered:
    """An answer: a frame, ready to be sent."""

    peer: bytes
    frame: bytes


@dataclass(frozen=True)
class Flush:
    """Asks that what waits is committed now."""


class JournalThread(threading.Thread):
    """Works on jobs in order. Results wait in ``results``, and ``wake`` is set.

    ``appended`` is the sequence number that the newest entry will have, ``committed`` the newest that is safe
    on the disk; ``problem`` says why there are no newer ones just now.
    """

    def __init__(self, journal: Journal, log: Path, wake: Wake) -> None:
        super().__init__(name="journal", daemon=True)
        self.appended = self.committed = journal.last_sequence
        self.problem: Problem | None = None
        self.results: queue.SimpleQueue[Chunk | Answered] = queue.SimpleQueue()
        self._journal, self._log, self._wake = journal, log, wake
        self._jobs: queue.SimpleQueue[Entry | Read | Question | Flush | None] = queue.SimpleQueue()
        self._waiting: list[Entry] = []
        self._commit_at = time.monotonic()

    @property
    def backlog(self) -> int:
        """Number of entries that wait for the disk, about."""
        return self._jobs.qsize() + len(self._waiting)

    def append(self, entry: Entry) -> None:
        """Put an entry into the journal. For one thread alone, which so numbers the entries."""
        self.appended += 1
        self._jobs.put(entry)

    def ask(self, job: Read | Question | Flush) -> None:
        """Have something read, or committed without delay."""
        self._jobs.put(job)

    def stop(self) -> None:
        """Commit what waits, as far as the disk lets us, and end the thread."""
        self._jobs.put(None)
        self.join()

    def run(self) -> None:
        """Work until ``stop``."""
        while True:
            try:
                job = self._jobs.get(timeout=self._time_to_commit())
            except queue.Empty:
                self._commit()
                continue
            if job is None:
                break
            if isinstance(job, Flush):
                self._hurry()
            elif isinstance(job, Read):
                self._read(job)
            elif isinstance(job, Question):
                self._answer(job)
            else:
                self._waiting.append(job)
            if self._time_to_commit() == 0.0:
                self._commit()
        self._commit()
        self._journal.close()

    def _time_to_commit(self) -> float | None:
        if not self._waiting:
            return None
        return max(self._commit_at - time.monotonic(), 0.0)

    def _hurry(self) -> None:
        if self.problem is None:
            self._commit_at = time.monotonic()

    def _commit(self) -> None:
        if not self._waiting:
            return
        try:
            self.committed = self._journal.append(self._waiting)
            committed, self._waiting = self._waiting, []
            self._write_log(committed)
        except (sqlite3.Error, OSError) as error:
            self._complain(error)
            self._commit_at = time.monotonic() + _TRY_AGAIN_AFTER
        else:
            self.problem = None
            self._commit_at = time.monotonic() + _COMMIT_EVERY
        self._wake.set()

    def _complain(self, error: Exception) -> None:
        self.problem = describe(RunFolderUnwritableError(path=str(self._log.parent), reason=str(error)))

    def _write_log(self, entries: list[Entry]) -> None:
        lines = [_text(entry) for entry in entries if isinstance(entry, LogLine)]
        if lines:
            with self._log.open("a", encoding="utf-8") as file:
                file.writelines(lines)

    def _read(self, job: Read) -> None:
        try:
            entries = self._journal.read(job.after, job.limit)
        except sqlite3.Error as error:
            self._complain(error)
            entries = []
        frame = encode(Entries(job.after + 1, tuple(entries)))
        self.results.put(Chunk(job.peer, job.generation, job.after + len(entries), frame))
        self._wake.set()

    def _answer(self, job: Question) -> None:
        try:
            answer = job.answer(self._journal)
        except Exception as error:  # whatever it is, the client is told and the thread lives
            answer = describe(error)
        self.results.put(Answered(job.peer, encode(Reply(job.call_id, answer))))
        self._wake.set()


def _text(line: LogLine) -> str:
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(line.time))
    return f"{when} {line.level:7} {line.text}\n"
