"""Hands a training the commands that are for it, and holds it while it is paused."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from engine.parallel.team import Team
from engine.training.observer import Command, Observer


class Commands:
    """Commands that come to rank 0 and that all ranks obey, those that came ``early`` first.

    What is obeyed may raise NotFiniteError: after the step back that follows, a pause still holds, and what
    was asked for behind it is still done.
    """

    def __init__(self, observer: Observer, team: Team, early: Sequence[Command] = ()) -> None:
        self._observer = observer
        self._team = team
        self._early = early
        self._waiting: deque[Command] = deque()
        self.is_paused = self._is_stopping = False

    def take(self) -> Iterator[Command]:
        """Yield what came since the last call. After a pause go on until there is a resume or a stop.

        A pause of what is paused, and a resume of what is not, are left out.
        """
        if self.is_paused and not self._is_stopping:
            yield "pause"
        self._waiting += self._asked()
        while True:
            while self._waiting:
                command = self._waiting.popleft()
                if command == ("resume" if self.is_paused else "pause"):
                    self.is_paused = not self.is_paused
                elif command == "stop":
                    self._is_stopping = True
                elif command == "pause" or command == "resume":  # noqa: PLR1714 - others have no hash
                    continue
                yield command
            if self._is_stopping or not self.is_paused:
                return
            self._waiting += self._asked(wait=True)

    def _asked(self, *, wait: bool = False) -> Sequence[Command]:
        """Return on all ranks what rank 0 is asked for."""
        asked = [*self._early, *self._observer.commands(wait)] if self._team.leads else []
        self._early = ()
        return self._team.share(asked, list[Command])
