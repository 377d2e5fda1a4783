"""The training process, as the engine sees it from outside."""

from __future__ import annotations

import queue
import subprocess
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec

from engine.errors import ProtocolError, WorkerDiedError
from engine.parallel import minder
from engine.parallel.devices import device_names
from engine.protocol.codec import FrameDecoder, encode
from engine.protocol.internal import Ended, EngineOrder, WorkerFrame, WorkerStart
from engine.protocol.keys import new_key_pair
from engine.protocol.messages import Edited, Problem, RankReading, Site
from engine.protocol.problems import describe
from engine.protocol.processes import exit_reason
from engine.protocol.server import Endpoint, Gate
from engine.supervisor.launcher import launch_error, worker_command, worker_environment
from engine.supervisor.ranks import Ranks
from engine.words import Words

WORKER_FRAME_LIMIT = 16 * 1024 * 1024
"""Bytes; a frame of several thousand metric rows comes to one megabyte."""

_CLEAN_UP = 2.0  # s that a launcher is given to end what it started
_FIRST_DEATH = "first-death.json"
"""In the run folder: which rank of several died first; see engine.parallel.minder."""

_LOOK_EVERY = 0.5  # s between two looks for a rank's death
_DRAIN = 0.3  # s that the last messages of a process that died may be under way
_LAST_LINES = 20
_LONGEST_LINE = 2000  # characters

_frames: FrameDecoder[WorkerFrame] = FrameDecoder(WorkerFrame, WORKER_FRAME_LIMIT)


class WorkerProcess:
    """Starts the training process on ``start``, again when it has died, and holds its lifeline.

    On several devices it is a launcher with a process for each, all of which live and die together. Used by
    one thread.
    """

    def __init__(self, endpoint: Endpoint, gate: Gate, engine_key: str) -> None:
        self.endpoint = endpoint
        self.output: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._gate, self._engine_key = gate, engine_key
        self._process: subprocess.Popen[bytes] | None = None
        self._unsent: list[EngineOrder] = []  # what no process has heard is for the next one
        self._forget(Site("cpu"))

    def _forget(self, site: Site) -> None:
        """Begin as with the first process."""
        self._site = site
        self._devices = device_names(site.device)
        self.ended: Ended | None = None  # its last message
        self._ranks = Ranks(len(self._devices))
        self._last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._killed: str | None = None
        self._killed_at: float | None = None
        self._gone_since: float | None = None
        self._dead_since: float | None = None
        self._look_at = 0.0

    def start(self, run_folder: str, site: Site, resume: bool, edits: tuple[Edited, ...] = ()) -> None:
        """Start the process, which makes ``edits`` again.

        Its standard input stays open as long as the engine lives. Raises DeviceError where what starts
        several is missing, WorkerDiedError where the system starts nothing.
        """
        self.close()
        self._forget(site)
        self._first_death = Path(run_folder, _FIRST_DEATH)
        with suppress(OSError):  # where nothing can be written, there is none of an earlier start either
            self._first_death.unlink()
        keys = new_key_pair()
        self._gate.allow("worker", keys.public)
        process = self._process = _spawn(site, str(self._first_death))
        assert process.stdin is not None
        start = WorkerStart(
            self.endpoint.port, self._engine_key, keys.public, keys.secret, run_folder, site, resume, edits
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
                message = _frames.decode(frame)
            except ProtocolError:
                self.endpoint.malformed += 1
                continue
            messages.append(message)
            leads = self._ranks.hear(peer, message) == 0
            if isinstance(message, Ended) and (leads or self.ended is None):
                self.ended = message
        self._send_unsent()
        return messages

    def leave_unheard(self) -> None:
        """Let messages wait; that nothing is heard then tells nothing of the process."""
        self._ranks.leave_unheard()

    def order(self, order: EngineOrder) -> None:
        """Send an order, as soon as the process can hear it."""
        self._unsent.append(order)
        self._send_unsent()

    def _send_unsent(self) -> None:
        if self._ranks.lead is not None:
            for order in self._unsent:
                self.endpoint.send(self._ranks.lead, encode(order))
            self._unsent.clear()

    @property
    def is_responding(self) -> bool:
        """Whether there was a sign of life lately, of each rank."""
        return self._ranks.is_responding

    @property
    def ranks(self) -> tuple[RankReading, ...]:
        """What is known of each rank, where there are several; loads and memory are for others to fill in."""
        return self._ranks.readings(self._devices)

    def end_hung(self) -> None:
        """End all ranks by force where one of several hangs, or has died: the others wait for it."""
        if self._killed_at is None and (reason := self._ranks.hung() or self._unnoticed_death()):
            self.kill(reason)

    def _unnoticed_death(self) -> str | None:
        """Name the first rank to die where the launcher lets the others wait, as MPICH's does over ssh."""
        now = time.monotonic()
        if self._ranks.count == 1 or now < self._look_at:
            return None
        self._look_at = now + _LOOK_EVERY
        death = minder.read(self._first_death)
        if death is None:
            return None
        if self._dead_since is None:
            self._dead_since = now
        return self._ranks.died(death) if now - self._dead_since > _CLEAN_UP else None

    def kill(self, reason: str) -> None:
        """End the process by force."""
        assert self._process is not None
        self._killed, self._killed_at = reason, time.monotonic()
        self._ranks.kill()
        # A launcher cleans up on other machines too, if it is let.
        (self._process.kill if self._ranks.count == 1 else self._process.terminate)()

    def is_over(self) -> bool:
        """Whether the process has gone and its last messages have been received."""
        if self._process is None:
            return False
        now = time.monotonic()
        if self._process.poll() is None:
            if self._killed_at is not None and now - self._killed_at > _CLEAN_UP:
                self._process.kill()
            return False
        if self._gone_since is None:
            self._gone_since = now
            self._ranks.kill()
        silent = min(now - self._gone_since, self._ranks.silence())
        return self.ended is not None or silent > _DRAIN

    def finish_output(self) -> None:
        """Wait for the rest of what the process wrote, unless a process that it started still writes."""
        self._reader.join(1.0)

    def cause_of_death(self) -> Problem:
        """Say why a process ended that did not send ``Ended``."""
        assert self._process is not None
        first = minder.read(self._first_death)
        reason = self._killed or (self._ranks.died(first) if first else exit_reason(self._process.wait()))
        return describe(WorkerDiedError(reason=reason, log=self._log()))

    def failed_start(self) -> Problem | None:
        """Say why a launcher of several ranks gave up by itself before any was heard; None if it did not."""
        assert self._process is not None
        code = self._process.wait()
        has_started = self._ranks.were_heard or minder.read(self._first_death) is not None
        if self._ranks.count == 1 or has_started or self._killed or code < 0:
            return None
        return describe(launch_error(self._site, exit_reason(code), self._log()))

    def _log(self) -> str:
        return "".join(f"\n  {line}" for line in self._last_lines)

    def close(self) -> None:
        """Let go of the lifeline; the process leaves within 5 s if it is still there."""
        if self._process is not None and self._process.stdin is not None:
            with suppress(BrokenPipeError):  # it died before it took what it was sent
                self._process.stdin.close()


def _spawn(site: Site, *of_ranks: str) -> subprocess.Popen[bytes]:
    command, environment = worker_command(site, *of_ranks), worker_environment(site)
    try:
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except OSError as error:
        reason = Words("it could not be started ({reason})", reason=error.strerror or str(error))
        raise WorkerDiedError(reason=reason, log="") from error
