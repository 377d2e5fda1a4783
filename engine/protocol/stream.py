"""The journal as one client receives it: each entry once and in order, whatever becomes of the connection."""

from __future__ import annotations

from engine.protocol.messages import Acknowledge, Entries

_ACKNOWLEDGE_EVERY = 1000  # entries; half seconds are marked by the heartbeats


class Stream:
    """``received`` is the sequence number of the last entry; ``torn``, that some are missing after it."""

    def __init__(self, after: int) -> None:
        self.received = after
        self.torn = False
        self.beat = 0  # number of the newest heartbeat
        self._acknowledged = Acknowledge(after, 0)

    def take(self, message: Entries) -> Entries | None:
        """Return what is new in ``message``, if anything is."""
        known = self.received + 1 - message.first
        if known < 0:
            self.torn = True
        if not 0 <= known < len(message.entries):
            return None
        self.torn = False
        self.received = message.first + len(message.entries) - 1
        return Entries(message.first + known, message.entries[known:])

    def begin_again(self) -> None:
        """The engine was asked for what follows ``received``, and numbers its heartbeats from 1."""
        self.torn = False
        self.beat = 0
        self._acknowledged = Acknowledge(self.received, 0)

    def acknowledge(self, taken: int) -> Acknowledge | None:
        """Return what to acknowledge, if it is time: the entries that were ``taken`` from the client."""
        last = self._acknowledged
        if self.beat == last.beat and taken - last.sequence < _ACKNOWLEDGE_EVERY:
            return None
        self._acknowledged = Acknowledge(max(taken, last.sequence), self.beat)
        return self._acknowledged
