"""Tells from an engine's silence, and from its process, how the link to it stands."""

from __future__ import annotations

import subprocess

from engine.errors import EngineDiedError
from engine.protocol import connection as connections
from engine.protocol.connection import Connection
from engine.protocol.door import Door
from engine.protocol.inbox import Link, LinkChanged
from engine.protocol.processes import exit_reason

SILENCE = 3.0
"""s without a word from the engine after which it counts as not responding."""

_LOOK_AFTER = 1.0  # s of silence after which the process is looked for
_LOOK_EVERY = 0.25  # s


class Watch:
    """Watches one engine process. Times are in s, on any one clock."""

    def __init__(self, connection: Connection, process: subprocess.Popen[bytes] | None, now: float) -> None:
        self._connection, self._process = connection, process
        self._state = LinkChanged(Link.CONNECTING)
        self._heard = self._looked = now
        self._door = Door(connection.address, connection.control_port)
        self.expects_end = False  # the run has ended, so the engine may leave

    @property
    def is_over(self) -> bool:
        """Whether the engine has left."""
        return self._state.link in (Link.DIED, Link.CLOSED)

    def listen(self, now: float) -> None:
        """Begin to expect words: silence counts from now on."""
        self._heard = max(self._heard, now)

    def hear(self, now: float) -> None:
        """Something came from the engine."""
        self._heard = now
        self._door.close()
        if not self.is_over:
            self._state = LinkChanged(Link.CONNECTED)

    def silence(self, now: float) -> float:
        """Return for how long nothing came, in s."""
        return now - self._heard

    def part(self) -> None:
        """The engine said that it leaves."""
        self._state = LinkChanged(Link.CLOSED)

    def judge(self, now: float) -> LinkChanged:
        """Return how the link stands."""
        silence = self.silence(now)
        if silence > _LOOK_AFTER and now - self._looked > _LOOK_EVERY and not self.is_over:
            self._looked = now
            self._look()
        if silence > SILENCE and not self.is_over:
            self._state = LinkChanged(Link.NOT_RESPONDING)
        return self._state

    def _look(self) -> None:
        return_code = None if self._process is None else self._process.poll()
        reason = self._absence() if return_code is None else exit_reason(return_code)
        if reason is None:
            return
        if return_code == 0 or (return_code is None and self.expects_end):
            self.part()
            return
        self._state = LinkChanged(Link.DIED, EngineDiedError(pid=self._connection.pid, reason=reason))

    def _absence(self) -> str | None:
        """Return how one sees that the engine has gone; None if it seems to be there."""
        if connections.is_here(self._connection):
            is_gone = not connections.is_alive(self._connection)
            return "its process is no longer there" if is_gone else None
        return "nobody is at its port any more" if self._door.is_shut() else None

    def close(self) -> None:
        """Watch no more."""
        self._door.close()
