"""The line to ``convnet serve`` on another computer: requests and answers through ssh's pipes."""

from __future__ import annotations

import queue
import subprocess
import threading
from collections import deque
from contextlib import suppress
from typing import Final

from engine.errors import ConvNetError, NoAnswerError, ProtocolError
from engine.protocol import pipe
from engine.protocol.computer import GREETING, AnswerOf, ComputerAnswer, ComputerRequest, answers
from engine.protocol.messages import Problem
from engine.protocol.problems import rebuild
from engine.words import Words
from studio.services.ssh import Address, explain

PATIENCE: Final = 60.0
"""Seconds that an answer may take; a cold disk takes its time to start an engine from."""

_MOST_BEFORE = 1 << 16  # bytes that a login may say before the greeting


class Line:
    """Owns an ssh process. ``request`` may be called from any thread; one at a time is under way."""

    def __init__(self, address: Address, process: subprocess.Popen[bytes]) -> None:
        self._address, self._process = address, process
        self._frames: queue.SimpleQueue[ComputerAnswer | None] = queue.SimpleQueue()
        self._said: deque[str] = deque(maxlen=20)
        self._turn = threading.Lock()
        self._ended = threading.Event()
        name = f"line to {address.text}"
        self._complaints = threading.Thread(target=self._read_complaints, name=name, daemon=True)
        self._complaints.start()
        threading.Thread(target=self._read, name=name, daemon=True).start()

    @property
    def is_open(self) -> bool:
        """Whether answers may still come."""
        return not self._ended.is_set()

    def request(self, request: ComputerRequest, kind: type[AnswerOf], timeout: float = PATIENCE) -> AnswerOf:
        """Ask and wait; raises the computer's error, or ComputerError when the line is cut."""
        assert self._process.stdin is not None
        with self._turn:
            try:
                if self._ended.is_set():
                    raise self.why()
                pipe.write(self._process.stdin, request)
                answer = self._frames.get(timeout=timeout)
            except OSError as error:
                raise self.why() from error
            except queue.Empty:
                self.close()  # a late answer would be taken for that of the next request
                raise NoAnswerError(seconds=timeout) from None
        if answer is None:
            raise self.why()
        if isinstance(answer, Problem):
            raise rebuild(answer)
        if not isinstance(answer, kind):
            answered, asked = type(answer).__name__, type(request).__name__
            raise ProtocolError(
                message=Words("{answer} is no answer to {request}.", answer=answered, request=asked)
            )
        return answer

    def why(self) -> ConvNetError:
        """Say why the line was cut."""
        self._ended.wait(2.0)
        return explain(self._address, "\n".join(self._said))

    def close(self) -> None:
        """End the line; engines there go on."""
        with suppress(OSError):
            self._process.terminate()
        self._process.wait()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        with stream, suppress(ConvNetError, OSError, ValueError):
            read = 0
            while (line := stream.readline(_MOST_BEFORE)) != GREETING:
                read += len(line)
                if not line or read > _MOST_BEFORE:
                    break
            else:
                while (answer := pipe.read(stream, answers)) is not None:
                    self._frames.put(answer)
        self._process.terminate()
        self._process.wait()
        self._complaints.join(1.0)  # what ssh said last
        self._ended.set()
        self._frames.put(None)

    def _read_complaints(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stream:
            for line in stream:
                self._said.append(line.decode(errors="replace").rstrip())
