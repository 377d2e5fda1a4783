"""A helper process that answers requests one after the other, asked from the main thread without waiting."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

import msgspec

from engine.errors import ConvNetError, EngineStartError, ProtocolError
from engine.protocol import pipe
from engine.protocol.codec import FrameDecoder
from engine.protocol.messages import Problem
from engine.protocol.problems import rebuild

Answer = TypeVar("Answer")
Then = Callable[[Any], None]


class Helper(Generic[Answer]):
    """Runs ``python -m module`` from the first request on; one that died is started again for the next one.

    ``wake`` is called, on any thread, once an answer is there for ``update`` to hand over.
    """

    def __init__(self, module: str, answers: FrameDecoder[Answer], wake: Callable[[], None]) -> None:
        self._module, self._answers, self._wake = module, answers, wake
        self._requests: queue.SimpleQueue[tuple[msgspec.Struct, Then] | None] = queue.SimpleQueue()
        self._answered: queue.SimpleQueue[tuple[Then, Answer | ConvNetError]] = queue.SimpleQueue()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    # ---- From the main thread ---------------------------------------------------------------------------

    def ask(self, request: msgspec.Struct, then: Callable[[Answer | ConvNetError], None]) -> None:
        """Send a request; ``then`` is called by ``update`` with its answer, or with why there is none."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._module, daemon=True)
            self._thread.start()
        self._requests.put((request, then))

    def update(self) -> None:
        """Hand over what was answered."""
        while not self._answered.empty():
            then, answer = self._answered.get()
            then(answer)

    def cancel(self) -> None:
        """End the process, and with it what it works on; what was asked is answered by an error."""
        process = self._process  # the thread may be about to drop it
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the process."""
        if self._thread is not None:
            self._requests.put(None)
            self.cancel()
            self._thread.join(2.0)

    # ---- On the thread ----------------------------------------------------------------------------------

    def _run(self) -> None:
        while (asked := self._requests.get()) is not None:
            request, then = asked
            self._answered.put((then, self._exchange(request)))
            self._wake()
        self._end()

    def _exchange(self, request: msgspec.Struct) -> Answer | ConvNetError:
        try:
            process = self._started()
            assert process.stdin is not None
            assert process.stdout is not None
            pipe.write(process.stdin, request)
            answer = pipe.read(process.stdout, self._answers)
        except OSError as error:
            self._end()
            return EngineStartError(reason=str(error))
        except ProtocolError as error:
            self._end()
            return error
        if answer is None:
            self._end()
            return ProtocolError(message="The request was given up.")
        return rebuild(answer) if isinstance(answer, Problem) else answer

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            # -P: modules are not looked for in the current folder, which may hold anything.
            command = [sys.executable, "-P", "-m", self._module]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        return self._process

    def _end(self) -> None:
        """End the process, if there is one, and wait until it has; what it was sent in part is of no use."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(OSError), process:
                process.kill()
