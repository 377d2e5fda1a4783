"""Follows one run's engine in a thread, so that the main thread never waits for it."""

from __future__ import annotations

import itertools
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.errors import ConvNetError, ProtocolError, UnexpectedError
from engine.protocol.client import TIMEOUT, Client
from engine.protocol.messages import Answer, GetOverview, Request, Shutdown
from studio.services.link import Answered, Arrival, NotStarted


@dataclass(frozen=True)
class Engine:
    """An engine's connection file, and its ``process`` where this program started it.

    One on another computer is ended by force by ``kill``; ``leave`` is called when the link to it has ended.
    """

    connection: Path
    process: subprocess.Popen[bytes] | None = None
    kill: Callable[[], None] | None = None
    leave: Callable[[], None] | None = None


BACKLOG: Final = 64
"""Events that wait at most; then the thread takes no more, and the engine keeps the rest in its journal."""

PATIENCE: Final = 30.0
"""Seconds that an answer may take; weights of a large layer are many megabytes."""

POINTS: Final = 8_192
"""Points of a split that an overview has at most; a plot is fewer pixels wide."""

GOODBYE: Final = 2.0
"""Seconds that a dismissed engine may take to answer."""

_LOOK: Final = 0.1
"""Seconds after which the thread looks whether it shall end."""


class EngineClient(threading.Thread):
    """A link to the engine that ``find`` starts or names.

    ``find`` runs on this thread and may take its time. ``wake`` is called on any thread after something
    arrived. All that came is kept until ``drain``: entries by credit, of heartbeats a few, and one answer a
    request.
    """

    def __init__(self, find: Callable[[EngineClient], Engine], wake: Callable[[], None]) -> None:
        super().__init__(name="studio client", daemon=True)
        self._find = find
        self._wake = wake
        self._changed = threading.Condition()
        self._arrivals: list[Arrival] = []
        self._tickets = itertools.count(1)
        self._engine: Engine | None = None
        self._client: Client | None = None
        self._early: list[tuple[int, Request]] = []
        self._closing = False
        self._dismisses = False

    # ---- From the main thread ---------------------------------------------------------------------------

    def ask(self, request: Request) -> int:
        """Send a request, or keep it until the engine has answered for the first time; return its ticket."""
        with self._changed:
            ticket = next(self._tickets)
            if self._client is None:
                self._early.append((ticket, request))
            else:
                self._submit(self._client, ticket, request)
        return ticket

    def kill(self) -> None:
        """End an engine that does not answer by force."""
        with self._changed:
            engine, client = self._engine, self._client
        if engine is not None and engine.kill is not None:
            threading.Thread(target=engine.kill, daemon=True).start()  # asks the other computer
        elif client is not None:
            client.kill()

    def drain(self) -> list[Arrival]:
        """Return what has arrived since the last call, in order."""
        with self._changed:
            arrivals, self._arrivals = self._arrivals, []
            self._changed.notify()
        return arrivals

    def close(self, *, dismiss: bool = False) -> None:
        """Leave the engine, which goes on unless it is dismissed. The thread ends soon after."""
        with self._changed:
            self._closing = True
            self._dismisses = dismiss
            self._changed.notify()

    @property
    def is_closing(self) -> bool:
        """Whether ``close`` was called."""
        return self._closing

    # ---- On the thread ----------------------------------------------------------------------------------

    def run(self) -> None:
        """Start or find the engine, then hand over what it says until ``close``."""
        try:
            self._engine = self._find(self)
            self._follow(self._engine)
        except ConvNetError as error:
            self.tell(NotStarted(error))
        except Exception as error:  # a fault of the program: shown like any other reason
            self.tell(NotStarted(UnexpectedError(kind=type(error).__name__, message=str(error))))
        finally:
            if self._engine is not None and self._engine.leave is not None:
                self._engine.leave()

    def _follow(self, engine: Engine) -> None:
        with Client(engine.connection, engine.process) as client:
            self.tell(client.connect(PATIENCE if engine.kill else TIMEOUT))
            self._begin(client)
            while not self._closing:
                event = client.poll(_LOOK)
                if event is not None:
                    self.tell(event)
                    self._await_room()
            if self._dismisses:
                with suppress(ConvNetError):
                    client.request(Shutdown(), GOODBYE)

    def _begin(self, client: Client) -> None:
        client.attach(self._look_over(client))
        with self._changed:
            self._client = client
            for ticket, request in self._early:
                self._submit(client, ticket, request)
            self._early.clear()

    def _look_over(self, client: Client) -> int:
        """Hand over what the journal has so far; return the sequence number that it goes on after."""
        try:
            overview = client.request(GetOverview(POINTS), PATIENCE)
        except ConvNetError:
            return 0  # then it is told entry by entry, or why it cannot be
        self.tell(overview)
        return overview.sequence

    def _submit(self, client: Client, ticket: int, request: Request) -> None:
        future = client.submit(request, PATIENCE)
        future.add_done_callback(lambda done: self.tell(Answered(ticket, _outcome(done))))

    def tell(self, arrival: Arrival) -> None:
        """Hand something over."""
        with self._changed:
            self._arrivals.append(arrival)
        self._wake()

    def _await_room(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._arrivals) < BACKLOG or self._closing)


def _outcome(future: Future[Answer]) -> Answer | ConvNetError:
    try:
        return future.result()
    except ConvNetError as error:
        return error
    except CancelledError:
        return ProtocolError(message="The request was given up.")
