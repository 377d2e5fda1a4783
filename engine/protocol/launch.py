"""Starts an engine process, which then lives on its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from engine.errors import EngineStartError
from engine.protocol.internal import ResumeRun, ServeRun, Started, StartRun
from engine.protocol.messages import Problem
from engine.protocol.problems import rebuild
from engine.protocol.processes import exit_reason
from engine.words import Words

PATIENCE = 30.0
"""s that a new engine has to make its run folder and open its sockets."""

_LONGEST_QUOTE = 200  # characters of an answer that is none


@dataclass(frozen=True)
class LaunchedEngine:
    """A new engine, whose end its starter can see."""

    connection: Path  # of the connection file
    process: subprocess.Popen[bytes]
    last_sequence: int  # newest number of the journal before this engine; 0: a new run


def launch(instructions: StartRun | ResumeRun | ServeRun) -> LaunchedEngine:
    """Start an engine. It goes on when the starter ends.

    Raises EngineStartError, or the error for which the engine refuses: RunFolderInUseError, say. Its process
    has ended then.
    """
    order = msgspec.json.encode(instructions) + b"\n"
    with tempfile.TemporaryFile() as complaints:
        process = _spawn(complaints)
        answer = _ask(process, order)
        if answer is None:
            raise _ended(process, Words("no answer within {seconds} s", seconds=f"{PATIENCE:g}"))
        if not answer:
            raise EngineStartError(reason=_last_words(process.wait(), complaints))
    try:
        started = msgspec.json.decode(answer, type=Started | Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        said = answer.decode(errors="replace").strip()[:_LONGEST_QUOTE]
        raise _ended(process, Words("it answered “{said}”", said=said)) from error
    if isinstance(started, Problem):
        process.wait()
        raise rebuild(started)
    return LaunchedEngine(Path(started.connection), process, started.last_sequence)


def _spawn(complaints: IO[bytes]) -> subprocess.Popen[bytes]:
    windows_flags = ("CREATE_NO_WINDOW", "CREATE_NEW_PROCESS_GROUP")
    try:
        return subprocess.Popen(
            # -P: modules are not looked for in the current folder, which may hold anything.
            [sys.executable, "-P", "-m", "engine.supervisor"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            # A session of its own: Ctrl+C in the terminal is for the starter.
            start_new_session=True,
            creationflags=sum(getattr(subprocess, flag, 0) for flag in windows_flags),
        )
    except OSError as error:
        raise EngineStartError(reason=str(error)) from error


def _ask(process: subprocess.Popen[bytes], order: bytes) -> bytes | None:
    """Return the line that a process answers: an empty one where it has ended, None after PATIENCE."""
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout
    lines: list[bytes] = []

    def talk() -> None:
        with stdout:
            # Where it ended before it read, what it said tells more.
            with suppress(BrokenPipeError), stdin:
                stdin.write(order)
            lines.append(stdout.readline())

    # It may take neither the order nor the time to answer: then this thread is left to wait for its end.
    talker = threading.Thread(target=talk, daemon=True)
    talker.start()
    talker.join(PATIENCE)
    return lines[0] if lines else None


def _ended(process: subprocess.Popen[bytes], reason: Words) -> EngineStartError:
    """End a process by force that is of no use, and return the error to raise."""
    process.kill()
    process.wait()
    return EngineStartError(reason=reason)


def _last_words(code: int, complaints: IO[bytes]) -> Words:
    """Return why a process ended, with the last lines of what it complained of."""
    complaints.seek(0)
    said = complaints.read().decode(errors="replace").strip().splitlines()
    return Words("{reason}{log}", reason=exit_reason(code), log="".join(f"\n{line}" for line in said[-5:]))
