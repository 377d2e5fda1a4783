"""The journal's thread commits in order, and outlives a disk that refuses."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.protocol.codec import engine_frames
from engine.protocol.messages import Entries, Entry, LogLine, Problem, Reply, Snapshots
from engine.protocol.wake import Wake
from engine.store.journal import Journal
from engine.supervisor import journal_thread
from engine.supervisor.journal_thread import Answered, Chunk, Flush, JournalThread, Question, Read


class RefusingJournal(Journal):
    """A journal on a disk that refuses a number of times."""

    refusals = 0
    error: type[sqlite3.Error] = sqlite3.OperationalError

    def append(self, entries: list[Entry]) -> int:  # type: ignore[override]
        if self.refusals:
            self.refusals -= 1
            raise self.error("database or disk is full")
        return super().append(entries)


@pytest.fixture
def journal(tmp_path: Path) -> RefusingJournal:
    return RefusingJournal(tmp_path / "run.sqlite")


@pytest.fixture
def thread(journal: RefusingJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JournalThread:
    monkeypatch.setattr(journal_thread, "_TRY_AGAIN_AFTER", 0.05)
    return JournalThread(journal, tmp_path / "log.txt", Wake())


def line(number: int) -> LogLine:
    return LogLine(0.0, "info", f"line {number}")


def wait_for(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60.0
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_what_is_committed_can_be_read_and_is_in_the_log(thread: JournalThread, tmp_path: Path) -> None:
    thread.start()
    for number in range(1, 101):
        thread.append(line(number))
    wait_for(lambda: thread.committed == 100)
    thread.ask(Read(b"a", 3, after=40, limit=10))
    chunk = thread.results.get(timeout=60.0)
    assert isinstance(chunk, Chunk)
    assert (chunk.peer, chunk.generation, chunk.last) == (b"a", 3, 50)
    assert engine_frames.decode(chunk.frame) == Entries(41, tuple(line(n) for n in range(41, 51)))
    thread.stop()
    texts = [text.split("    ")[1] for text in (tmp_path / "log.txt").read_text().splitlines()]
    assert texts == [f"line {number}" for number in range(1, 101)]


@pytest.mark.parametrize("error", [sqlite3.OperationalError, sqlite3.DatabaseError])
def test_a_refusing_disk_is_told_and_nothing_is_lost_or_doubled(
    thread: JournalThread, journal: RefusingJournal, error: type[sqlite3.Error]
) -> None:
    journal.refusals, journal.error = 3, error
    thread.start()
    thread.append(line(1))
    wait_for(lambda: thread.problem)
    assert thread.problem is not None
    assert "disk is full" in str(thread.problem.fields["reason"])
    thread.append(line(2))
    wait_for(lambda: thread.committed == 2 and thread.problem is None)
    assert journal.read(0, 10) == [line(1), line(2)]
    thread.stop()


def test_a_log_that_cannot_be_written_does_not_hold_up_the_journal(
    thread: JournalThread, journal: RefusingJournal, tmp_path: Path
) -> None:
    (tmp_path / "log.txt").mkdir()
    thread.start()
    thread.append(line(1))
    wait_for(lambda: thread.problem)
    thread.append(line(2))
    wait_for(lambda: thread.committed == 2)
    thread.stop()


def test_what_waits_is_committed_at_the_end(thread: JournalThread, tmp_path: Path) -> None:
    for number in range(1, 6):
        thread.append(line(number))
    thread.start()
    thread.stop()
    assert Journal(tmp_path / "run.sqlite").last_sequence == 5


def test_questions_are_answered_and_errors_told(thread: JournalThread) -> None:
    thread.start()
    thread.ask(Question(b"a", 7, lambda journal: Snapshots((journal.last_sequence,))))
    thread.ask(Question(b"b", 8, lambda journal: Snapshots(1 / 0)))  # type: ignore[arg-type]
    answers = [thread.results.get(timeout=60.0) for _ in range(2)]
    thread.stop()
    frames = [engine_frames.decode(answer.frame) for answer in answers if isinstance(answer, Answered)]
    assert frames[0] == Reply(7, Snapshots((0,)))
    assert isinstance(frames[1], Reply)
    assert isinstance(frames[1].answer, Problem)
    assert frames[1].answer.code == "UnexpectedError"


def test_what_waits_is_committed_without_delay_when_that_is_asked_for(
    thread: JournalThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries are numbered as they are appended, so one may wait for a number to be safe."""
    monkeypatch.setattr(journal_thread, "_COMMIT_EVERY", 60.0)
    thread.append(line(1))
    thread.start()
    wait_for(lambda: thread.committed == 1)
    thread.append(line(2))
    assert thread.appended == 2
    thread.ask(Flush())
    wait_for(lambda: thread.committed == 2)
    thread.stop()
