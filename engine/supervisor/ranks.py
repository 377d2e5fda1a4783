"""The processes of a training, one for each device: when each was heard, and which one died first."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

from engine.protocol.internal import Beat
from engine.protocol.messages import RankReading
from engine.protocol.processes import kill, start_time

SILENCE = 3.5
"""s without a sign of life after which a rank counts as not responding."""

HUNG = 6.0
"""s without a sign of life after which a rank of several counts as hung: the others wait for it in vain."""

_START_SILENCE = 60.0  # s; the first import from a cold disk takes its time


@dataclass
class _Rank:
    pid: int
    started: float  # s since 1970-01-01 UTC
    heard: float  # s, as time.monotonic has it


class Ranks:
    """``count`` ranks; those on other machines are heard through their launcher alone."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.lead: bytes | None = None  # the peer that speaks for all
        self._begun = time.monotonic()
        self._ranks: dict[int, _Rank] = {}
        self._peers: dict[bytes, int] = {}
        self._deaths = _FirstDeath()
        self._launchers: set[int] = set()  # pids of those that yield

    def hear(self, peer: bytes, message: object) -> int:
        """Note a sign of life, and return the rank that gave it."""
        now = time.monotonic()
        if peer not in self._peers and isinstance(message, Beat):
            self._peers[peer] = message.rank
            with suppress(OSError, ValueError, LookupError):
                self._ranks[message.rank] = _Rank(message.pid, start_time(message.pid), now)
                self._deaths.watch(message.rank, message.pid)
                if self.count > 1:
                    self._let_launcher_yield(message.pid)
        rank = self._peers.get(peer, 0)
        if rank == 0:
            self.lead = peer
        if rank in self._ranks:
            self._ranks[rank].heard = now
        return rank

    def silence(self) -> float:
        """Return for how long that rank was silent which was so for longest."""
        return time.monotonic() - min((rank.heard for rank in self._ranks.values()), default=self._begun)

    @property
    def is_responding(self) -> bool:
        """Whether all ranks gave a sign of life lately."""
        return self.silence() < (_START_SILENCE if self.lead is None else SILENCE)

    def readings(self, devices: Sequence[str]) -> tuple[RankReading, ...]:
        """Return, of several ranks, what is known of each; ``devices`` are those of all."""
        if self.count == 1:
            return ()
        now = time.monotonic()
        return tuple(
            RankReading(number, devices[number], rank.pid, now - rank.heard < SILENCE, 0.0, 0)
            for number, rank in sorted(self._ranks.items())
        )

    def hung(self) -> str | None:
        """Name a rank, of several, that others wait for in vain."""
        if self.count == 1 or self.lead is None or self.silence() < HUNG:
            return None
        number = min(self._ranks, key=lambda number: self._ranks[number].heard)
        return f"{self._named(number)} gave no sign of life for {HUNG:g} s"

    def died_first(self) -> str | None:
        """Name the rank, of several, that died before the others."""
        first = self._deaths.first
        if self.count == 1 or first is None:
            return None
        return f"{self._named(first)} was killed or crashed"

    def _named(self, number: int) -> str:
        return f"rank {number} of {self.count} (process {self._ranks[number].pid})"

    def kill(self) -> None:
        """End by force all ranks of this machine that are still there."""
        for rank in self._ranks.values():
            kill(rank.pid, rank.started)

    def _let_launcher_yield(self, pid: int) -> None:
        """Let the parent of rank ``pid`` run only where no rank wants to; on Linux alone.

        A launcher hears of a death from a pipe that closes a moment before the rank is quite dead. Were it to
        run at once, others might be gone before that one.
        """
        with suppress(psutil.Error):
            launcher = psutil.Process(pid).ppid()
            if hasattr(os, "SCHED_IDLE") and launcher not in {os.getpid(), *self._launchers}:
                self._launchers.add(launcher)
                os.sched_setscheduler(launcher, os.SCHED_IDLE, os.sched_param(0))

    def close(self) -> None:
        """Watch no more."""
        self._deaths.close()


class _FirstDeath:
    """Which of some processes of this machine died ``first``; it can be known on Linux alone.

    A launcher ends all ranks within milliseconds of the death of one, so a thread waits for just that.
    Should it wake late and find several, they are in the order of their deaths: what became ready first
    heads epoll's list.
    """

    def __init__(self) -> None:
        self.first: int | None = None
        self._ranks: dict[int, int] = {}  # by descriptor
        self._epoll = select.epoll() if hasattr(select, "epoll") and hasattr(os, "pidfd_open") else None
        self._thread: threading.Thread | None = None

    def watch(self, rank: int, pid: int) -> None:
        if self._epoll is None:
            return
        descriptor = os.pidfd_open(pid)
        self._ranks[descriptor] = rank
        self._epoll.register(descriptor, select.EPOLLIN)
        if self._thread is None:
            self._thread = threading.Thread(target=self._wait, name="first death", daemon=True)
            self._thread.start()

    def _wait(self) -> None:
        with suppress(OSError, ValueError):  # closed
            while self._epoll is not None and self.first is None:
                for descriptor, _ in self._epoll.poll(0.5)[:1]:
                    self.first = self._ranks[descriptor]

    def close(self) -> None:
        epoll, self._epoll = self._epoll, None
        if self._thread is not None:
            self._thread.join()
        if epoll is not None:
            epoll.close()
        for descriptor in self._ranks:
            os.close(descriptor)
