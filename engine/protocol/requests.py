"""The requests of a client that wait for their answers."""

from __future__ import annotations

from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass

from engine.errors import ConvNetError, NoAnswerError
from engine.protocol.messages import Answer, Call, Problem, Reply, Request
from engine.protocol.problems import rebuild


@dataclass(frozen=True)
class Asked:
    """A request, the place of its answer, and how long it may take."""

    request: Request
    future: Future[Answer]
    timeout: float  # s

    def fail(self, error: ConvNetError) -> None:
        """Tell who asked, unless they have given up, that there is no answer."""
        with suppress(InvalidStateError):
            self.future.set_exception(error)


class PendingRequests:
    """Numbers requests and brings answers to who asked. Times are in s, on any one clock."""

    def __init__(self) -> None:
        self._last_id = 0
        self._pending: dict[int, tuple[Asked, float]] = {}

    def __len__(self) -> int:
        return len(self._pending)

    def number(self, request: Request) -> Call:
        """Give a request the next number."""
        self._last_id += 1
        return Call(self._last_id, request)

    def add(self, asked: Asked, now: float) -> Call:
        """Number a request and wait for its answer."""
        call = self.number(asked.request)
        self._pending[call.id] = (asked, now + asked.timeout)
        return call

    def resolve(self, reply: Reply) -> None:
        """Hand an answer over; one that nobody waits for any more is dropped."""
        if reply.id in self._pending:
            asked, _ = self._pending.pop(reply.id)
            if isinstance(reply.answer, Problem):
                asked.fail(rebuild(reply.answer))
                return
            with suppress(InvalidStateError):  # cancelled by who asked
                asked.future.set_result(reply.answer)

    def expire(self, now: float) -> None:
        """Give up on requests whose time is over."""
        for number, (asked, deadline) in list(self._pending.items()):
            if now > deadline:
                del self._pending[number]
                asked.fail(NoAnswerError(seconds=asked.timeout))

    def fail(self, error: ConvNetError) -> None:
        """Give up on all requests."""
        for asked, _ in self._pending.values():
            asked.fail(error)
        self._pending.clear()
