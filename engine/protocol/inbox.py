"""What waits between a client's socket and the one who takes its events."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from engine.errors import ConvNetError
from engine.protocol.messages import Entries, Heartbeat


class Link(StrEnum):
    """How a client stands to its engine."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    NOT_RESPONDING = "not responding"  # nothing was heard for 3 s, but the process is there
    DIED = "died"  # the process has gone without a word
    CLOSED = "closed"  # the engine has left after the run's end


@dataclass(frozen=True)
class LinkChanged:
    """The link to the engine went into another state; ``problem`` says why it died."""

    link: Link
    problem: ConvNetError | None = None


Event = Entries | Heartbeat | LinkChanged
"""What a client learns without asking."""


class Inbox:
    """Events in order; of heartbeats only the newest. Bounded, since entries come by credit."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._heartbeat: Heartbeat | None = None
        self._changed = threading.Condition()
        self._taken = 0

    @property
    def taken(self) -> int:
        """Sequence number of the last entry that was taken."""
        return self._taken

    def begin(self, after: int) -> None:
        """Forget entries that wait: the next will have the sequence number ``after + 1``."""
        with self._changed:
            self._events = deque(event for event in self._events if not isinstance(event, Entries))
            self._taken = after

    def put(self, event: Event) -> None:
        """Add an event."""
        with self._changed:
            if isinstance(event, Heartbeat):
                self._heartbeat = event
            else:
                self._events.append(event)
            self._changed.notify()

    def take(self, timeout: float) -> Event | None:
        """Return the next event, waiting for up to ``timeout`` s; None if there is none."""
        with self._changed:
            self._changed.wait_for(lambda: self._events or self._heartbeat, timeout)
            if self._events:
                event = self._events.popleft()
                if isinstance(event, Entries):
                    self._taken = event.first + len(event.entries) - 1
                return event
            heartbeat, self._heartbeat = self._heartbeat, None
            return heartbeat
