"""The line to the engine of a run: requests go out, answers come back to who asked."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import ConvNetError
from engine.protocol.messages import Answer, Request
from studio.services.link import Answered, Arrival, EngineLink

Then = Callable[[Answer | ConvNetError], None]
"""What is called with the answer to a request, or with why there is none."""


class RunLine:
    """A link, and who waits for which of its answers."""

    def __init__(self, link: EngineLink) -> None:
        self._link = link
        self._waiting: dict[int, Then] = {}

    def ask(self, request: Request, then: Then) -> None:
        """Send a request and call ``then`` once its answer is handed on."""
        self._waiting[self._link.ask(request)] = then

    def hand_on(self, answered: Answered) -> None:
        """Give an answer to who asked for it."""
        self._waiting.pop(answered.ticket)(answered.answer)

    def drain(self) -> list[Arrival]:
        """Return what has arrived since the last call, in order."""
        return self._link.drain()

    def kill(self) -> None:
        """End an engine that does not answer by force."""
        self._link.kill()

    def close(self, *, dismiss: bool = False) -> None:
        """Leave the engine, which goes on unless it is dismissed."""
        self._link.close(dismiss=dismiss)
