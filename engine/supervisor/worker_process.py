"""The training process, as the engine sees it from outside."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from collections import deque
from typing import IO

import msgspec

from engine.errors import ProtocolError, WorkerDiedError
from engine.protocol.codec import FrameDecoder, encode
from engine.protocol.internal import Ended, EngineOrder, WorkerFrame, WorkerStart
from engine.protocol.keys import new_key_pair
from engine.protocol.messages import Edited, Problem
from engine.protocol.problems import describe
from engine.protocol.processes import exit_reason
from engine.protocol.server import Endpoint, Gate

WORKER_FRAME_LIMIT = 16 * 1024 * 1024
"""Bytes; a frame of several thousand metric rows comes to one megabyte."""

SILENCE = 3.5
"""s without a sign of life after which the training process counts as not responding."""

_START_SILENCE = 60.0  # s; the first import from a cold disk takes its time
_DRAIN = 0.3  # s that the last messages of a process that died may be under way
_LAST_LINES = 20
_LONGEST_LINE = 2000  # characters

_frames: FrameDecoder[WorkerFrame] = FrameDecoder(WorkerFrame, WORKER_FRAME_LIMIT)


class WorkerProcess:
    """Starts the training process on ``start``, again when it has died, and holds its lifeline.

    Used by one thread.
    """

    def __init__(self, endpoint: Endpoint, gate: Gate, engine_key: str) -> None:
        self.endpoint = endpoint
        self.output: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._gate, self._engine_key = gate, engine_key
        self._process: subprocess.Popen[bytes] | None = None
        self._forget()

    def _forget(self) -> None:
        """Begin as with the first process."""
        self.ended: Ended | None = None  # its last message
        self._peer: bytes | None = None
        self._unsent: list[EngineOrder] = []
        self._last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._killed: str | None = None
        self._gone_since: float | None = None

    def start(self, run_folder: str, device: str, resume: bool, edits: tuple[Edited, ...] = ()) -> None:
        """Start the process, which makes ``edits`` again.

        Its standard input stays open as long as the engine lives.
        """
        self.close()
        self._forget()
        keys = new_key_pair()
        self._gate.allow("worker", keys.public)
        self._heard = time.monotonic()
        process = self._process = subprocess.Popen(
            [sys.executable, "-P", "-X", "faulthandler", "-m", "engine.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert process.stdin is not None
        start = WorkerStart(
            self.endpoint.port, self._engine_key, keys.public, keys.secret, run_folder, device, resume, edits
        )
        try:
            process.stdin.write(msgspec.json.encode(start) + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            pass  # it died at once; its end is told as any other
        self._reader = threading.Thread(
            target=self._read_output,
            args=(process.stdout, self._last_lines),
            name="worker output",
            daemon=True,
        )
        self._reader.start()

    def _read_output(self, stream: IO[bytes], last_lines: deque[str]) -> None:
        with stream:
            for line in stream:
                text = line.decode(errors="replace").rstrip()[:_LONGEST_LINE]
                if text:
                    last_lines.append(text)
                    self.output.put(text)

    def receive(self) -> list[WorkerFrame]:
        """Return the messages that have come in."""
        messages = []
        for peer, frame in self.endpoint.receive():
            try:
                messages.append(_frames.decode(frame))
            except ProtocolError:
                self.endpoint.malformed += 1
                continue
            self._peer = peer
            self._heard = time.monotonic()
        self.ended = next((message for message in messages if isinstance(message, Ended)), self.ended)
        self._send_unsent()
        return messages

    def order(self, order: EngineOrder) -> None:
        """Send an order, as soon as the process can hear it."""
        self._unsent.append(order)
        self._send_unsent()

    def _send_unsent(self) -> None:
        if self._peer is not None:
            for order in self._unsent:
                self.endpoint.send(self._peer, encode(order))
            self._unsent.clear()

    @property
    def is_responding(self) -> bool:
        """Whether there was a sign of life lately."""
        patience = _START_SILENCE if self._peer is None else SILENCE
        return time.monotonic() - self._heard < patience

    def kill(self, reason: str) -> None:
        """End the process by force."""
        assert self._process is not None
        self._killed = reason
        self._process.kill()

    def is_over(self) -> bool:
        """Whether the process has gone and its last messages have been received."""
        if self._process is None or self._process.poll() is None:
            return False
        now = time.monotonic()
        self._gone_since = self._gone_since or now
        return self.ended is not None or now - max(self._gone_since, self._heard) > _DRAIN

    def finish_output(self) -> None:
        """Wait for the rest of what the process wrote, unless a process that it started still writes."""
        self._reader.join(1.0)

    def cause_of_death(self) -> Problem:
        """Say why a process ended that did not send ``Ended``."""
        assert self._process is not None
        reason = self._killed or exit_reason(self._process.wait())
        log = "".join(f"\n  {line}" for line in self._last_lines)
        return describe(WorkerDiedError(reason=reason, log=log))

    def close(self) -> None:
        """Let go of the lifeline; the process leaves within 5 s if it is still there."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
