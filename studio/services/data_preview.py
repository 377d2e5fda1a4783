"""Looks at data sets by processes of their own, so that the main thread never waits for them."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Final, Protocol

import msgspec

from engine.errors import ConvNetError, EngineStartError
from engine.protocol.previews import DataDecoded, LookAtData, PreviewFrame, read_frame
from engine.protocol.processes import exit_reason

PATIENCE: Final = 8.0
"""Seconds that a process may take to leave once nobody waits for its answer."""

Told = PreviewFrame | ConvNetError
"""What is told of a data set; a ConvNetError is why there is nothing to tell."""


class DataLook(Protocol):
    """A look at a data set that is under way. No method waits."""

    def drain(self) -> list[Told]:
        """Return what was told since the last call, in order."""

    def close(self) -> None:
        """Give up; nothing more is told."""


class DataLooks(Protocol):
    """Begins to look at data sets."""

    def look(self, request: LookAtData) -> DataLook:
        """Begin a look."""


class DataPreviews:
    """Looks at data sets on this machine. ``wake`` is called, on any thread, whenever there is news."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._looks: list[ProcessLook] = []

    def look(self, request: LookAtData) -> ProcessLook:
        """Begin a look."""
        self._looks = [look for look in self._looks if look.is_alive()]
        look = ProcessLook(request, self._wake)
        self._looks.append(look)
        look.start()
        return look

    def close(self) -> None:
        """Give up all looks."""
        for look in self._looks:
            look.close()
        for look in self._looks:
            look.join(PATIENCE)


class ProcessLook(threading.Thread):
    """Starts a process and takes what it tells."""

    def __init__(self, request: LookAtData, wake: Callable[[], None]) -> None:
        super().__init__(name="data preview", daemon=True)
        self._request, self._wake = request, wake
        self._lock = threading.Lock()
        self._told: list[Told] = []
        self._is_closed = False
        self._lifeline: IO[bytes] | None = None

    def drain(self) -> list[Told]:
        """Return what was told since the last call, in order."""
        with self._lock:
            told, self._told = self._told, []
        return told

    def close(self) -> None:
        """Give up: the process ends once its standard input does."""
        with self._lock:
            self._is_closed = True
            self._told.clear()
            if self._lifeline is not None:
                with suppress(OSError):
                    self._lifeline.close()

    def run(self) -> None:
        """Start the process and listen to it until its end."""
        try:
            with subprocess.Popen(
                [sys.executable, "-P", "-m", "engine.preview"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            ) as process:
                self._listen(process)
        except ConvNetError as error:
            self._put(error)
        except OSError as error:
            self._put(EngineStartError(reason=str(error)))

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        with self._lock:
            if self._is_closed:
                process.kill()
                return
            self._lifeline = process.stdin
            with suppress(BrokenPipeError):  # its end is told as any other
                process.stdin.write(msgspec.json.encode(self._request) + b"\n")
                process.stdin.flush()
        is_answered = False
        while (frame := read_frame(process.stdout)) is not None:
            self._put(frame)
            is_answered = not isinstance(frame, DataDecoded)
        if not is_answered:
            raise EngineStartError(reason=exit_reason(process.wait()))

    def _put(self, told: Told) -> None:
        with self._lock:
            if self._is_closed:
                return
            self._told.append(told)
        self._wake()
