"""The processes of a training, one for each device: when each was heard, and which one hangs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from engine.parallel.minder import Death
from engine.protocol.internal import Beat
from engine.protocol.messages import RankReading
from engine.protocol.processes import exit_reason, kill, start_time
from engine.words import Words

SILENCE = 3.5
"""s without a sign of life after which a rank counts as not responding."""

HUNG = 6.0
"""s without a sign of life after which a rank of several counts as hung: the others wait for it in vain."""

_START_SILENCE = 60.0  # s; the first import from a cold disk takes its time


@dataclass
class _Rank:
    pid: int
    started: float | None  # s since 1970-01-01 UTC; None: on another computer, or it has gone
    heard: float  # s, as time.monotonic has it
    host: str = ""  # "": this computer


class Ranks:
    """``count`` ranks; those on other computers are heard through rank 0."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.lead: bytes | None = None  # the peer that speaks for all
        self._begun = time.monotonic()
        self._ranks: dict[int, _Rank] = {}
        self._peers: dict[bytes, int] = {}

    def hear(self, peer: bytes, message: object) -> int:
        """Note a sign of life, and return the rank that gave it."""
        now = time.monotonic()
        if isinstance(message, Beat):
            if message.host:
                self._ranks[message.rank] = _Rank(message.pid, None, now, message.host)
            elif peer not in self._peers:
                self._peers[peer] = message.rank
                self._ranks[message.rank] = _Rank(message.pid, _start_time(message.pid), now)
        rank = self._peers.get(peer, 0)
        if rank == 0:
            self.lead = peer
        if rank in self._ranks:
            self._ranks[rank].heard = now
        return rank

    def leave_unheard(self) -> None:
        """Count silence from now on: until now, nobody has listened."""
        now = time.monotonic()
        for rank in self._ranks.values():
            rank.heard = now

    @property
    def were_heard(self) -> bool:
        """Whether any of them has given a sign of life."""
        return bool(self._peers)

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
            RankReading(number, devices[number], rank.pid, now - rank.heard < SILENCE, 0.0, 0, rank.host)
            for number, rank in sorted(self._ranks.items())
        )

    def hung(self) -> str | None:
        """Name a rank, of several, that others wait for in vain."""
        if self.count == 1 or self.lead is None or self.silence() < HUNG:
            return None
        number = min(self._ranks, key=lambda number: self._ranks[number].heard)
        rank = self._named(number, self._ranks[number].pid, self._ranks[number].host)
        return Words("{rank} gave no sign of life for {seconds} s", rank=rank, seconds=f"{HUNG:g}")

    def died(self, death: Death) -> str:
        """Name the rank that died first."""
        rank = self._named(death.rank, death.pid, self._host(death.rank))
        return Words("{rank} ended: {reason}", rank=rank, reason=exit_reason(death.return_code))

    def _host(self, number: int) -> str:
        return self._ranks[number].host if number in self._ranks else ""

    def _named(self, number: int, pid: int, host: str) -> Words:
        if host:
            far = "rank {number} of {count} (process {pid} on {host})"
            return Words(far, number=number, count=self.count, pid=pid, host=host)
        return Words("rank {number} of {count} (process {pid})", number=number, count=self.count, pid=pid)

    def kill(self) -> None:
        """End by force all ranks of this computer that are still there."""
        for rank in self._ranks.values():
            if rank.started is not None:
                kill(rank.pid, rank.started)


def _start_time(pid: int) -> float | None:
    try:
        return start_time(pid)
    except (OSError, ValueError, LookupError):
        return None
