"""A client of an engine: for the studio, the command line, and whoever else has the connection file."""

from __future__ import annotations

import subprocess
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import overload

from engine.errors import NoEngineError
from engine.protocol import connection as connections
from engine.protocol import processes
from engine.protocol.client_loop import ClientLoop
from engine.protocol.inbox import Event, Inbox
from engine.protocol.messages import (
    PROTOCOL_VERSION,
    Answer,
    Attach,
    CheckpointNow,
    Curve,
    Done,
    Edit,
    Entries,
    GetCurve,
    GetLog,
    GetNetwork,
    GetOverview,
    GetSnapshots,
    GetWeights,
    Hello,
    Kill,
    Log,
    Network,
    Overview,
    Pause,
    Request,
    Resume,
    RollBack,
    Shutdown,
    Snapshots,
    Stop,
    Weights,
    Welcome,
)
from engine.protocol.requests import Asked
from engine.version import program_version

TIMEOUT = 5.0
"""s that an answer may take."""

Command = Pause | Resume | Stop | CheckpointNow | RollBack | Edit | Kill | Shutdown


class Client:
    """Talks to one run's engine, through all engines that the run has while the client is open.

    A thread of its own serves the sockets, so all methods may be called from any thread. Raises NoEngineError
    if there is no engine at ``path``, a connection file. Whoever launched the engine gives its ``process``,
    and so learns how it ended.
    """

    def __init__(self, path: Path, process: subprocess.Popen[bytes] | None = None) -> None:
        connection = connections.read(path)
        if not connections.is_alive(connection):
            raise NoEngineError(path=str(path))
        self._inbox = Inbox()
        self._loop = ClientLoop(path, connection, process, self._inbox)
        self._loop.start()

    def connect(self, timeout: float = TIMEOUT) -> Welcome:
        """Greet the engine; raises VersionMismatchError, NoAnswerError or EngineDiedError."""
        return self.request(Hello(PROTOCOL_VERSION, program_version()), timeout)

    def attach(self, after: int = 0) -> None:
        """Receive events: heartbeats, and all entries of the journal after a sequence number."""
        self._loop.follow(after)

    def poll(self, timeout: float) -> Event | None:
        """Return the next event, waiting for up to ``timeout`` s; None if there is none.

        Entries come in order, each exactly once. While nobody polls, the engine sends no more than a window
        of entries, and all others later.
        """
        event = self._inbox.take(timeout)
        if isinstance(event, Entries):
            self._loop.wake()  # to acknowledge
        return event

    @overload
    def request(self, request: Hello, timeout: float = TIMEOUT) -> Welcome: ...
    @overload
    def request(self, request: Command | Attach, timeout: float = TIMEOUT) -> Done: ...
    @overload
    def request(self, request: GetNetwork, timeout: float = TIMEOUT) -> Network: ...
    @overload
    def request(self, request: GetOverview, timeout: float = TIMEOUT) -> Overview: ...
    @overload
    def request(self, request: GetCurve, timeout: float = TIMEOUT) -> Curve: ...
    @overload
    def request(self, request: GetSnapshots, timeout: float = TIMEOUT) -> Snapshots: ...
    @overload
    def request(self, request: GetLog, timeout: float = TIMEOUT) -> Log: ...
    @overload
    def request(self, request: GetWeights, timeout: float = TIMEOUT) -> Weights: ...
    def request(self, request: Request, timeout: float = TIMEOUT) -> Answer:
        """Ask, wait, and return the answer; raises the engine's error, or NoAnswerError."""
        return self.submit(request, timeout).result()

    def submit(self, request: Request, timeout: float = TIMEOUT) -> Future[Answer]:
        """Ask without waiting. The future's callbacks run on the client's own thread."""
        future: Future[Answer] = Future()
        self._loop.post(Asked(request, future, timeout))
        return future

    def kill(self) -> None:
        """End by force an engine on this computer: one that hangs takes no request."""
        connection = self._loop.connection
        if connections.is_here(connection):
            processes.kill(connection.pid, connection.pid_started)

    def close(self) -> None:
        """Leave the engine, which goes on."""
        self._loop.stop()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
