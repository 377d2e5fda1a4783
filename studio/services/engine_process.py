"""Starts engines, which then live on their own, and finds those that are there."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.errors import NoEngineError, RunFolderInUseError
from engine.protocol import connection
from engine.protocol.internal import ResumeRun, ServeRun, StartRun
from engine.protocol.launch import launch
from studio.services.client import GOODBYE, Engine, EngineClient
from studio.services.link import TrainingOrder

LINGER: Final = 60.0
"""Seconds that an engine stays after its run's end while no studio looks at it."""

_LEAVE: Final = 5.0
"""Seconds that the engine of a run that has ended may take to leave, once it was dismissed."""

_TRY_EVERY: Final = 0.2  # s


@dataclass(frozen=True)
class RunningEngine:
    """An engine that runs: its connection file, and the folder of its run."""

    connection: Path
    run_folder: str


class EngineProcesses:
    """The engines of this machine. ``wake`` is called, on any thread, whenever a link has news."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._clients: list[EngineClient] = []

    def start(self, order: TrainingOrder) -> EngineClient:
        """Begin to start an engine and to follow its run. It outlives the studio."""
        instructions = StartRun(
            network=order.network,
            name=order.name,
            base=order.base,
            run_folder=None,
            device=order.device,
            linger_seconds=LINGER,
            fork=order.fork,
        )
        return self._follow(lambda _: _launched(instructions))

    def resume(self, run_id: str, run_folder: str) -> EngineClient:
        """Begin to start an engine that goes on with a run that has ended."""
        return self._follow(lambda _: _resumed(ResumeRun(run_folder, None, LINGER)))

    def serve(self, run_folder: str) -> EngineClient:
        """Begin to start an engine that shows a run that has ended."""
        return self._follow(lambda _: _resumed(ServeRun(run_folder, LINGER)))

    def attach(self, path: Path) -> EngineClient:
        """Begin to follow the run of the engine with this connection file."""
        return self._follow(lambda _: Engine(path))

    def running(self) -> list[RunningEngine]:
        """Return the user's engines that run on this machine; takes some milliseconds."""
        engines = []
        for path in connection.running():
            with suppress(NoEngineError):
                engines.append(RunningEngine(path, connection.read(path).run_folder))
        return engines

    def close(self) -> None:
        """Leave all engines; they go on, but for those that were dismissed."""
        for client in self._clients:
            if not client.is_closing:
                client.close()
        for client in self._clients:
            client.join(timeout=GOODBYE + 0.5)

    def _follow(self, find: Callable[[EngineClient], Engine]) -> EngineClient:
        self._clients = [client for client in self._clients if client.is_alive()]
        client = EngineClient(find, self._wake)
        self._clients.append(client)
        client.start()
        return client


def _resumed(instructions: ResumeRun | ServeRun) -> Engine:
    """Start an engine as soon as the one that showed the run's end has left the run folder."""
    deadline = time.monotonic() + _LEAVE
    while True:
        try:
            return _launched(instructions)
        except RunFolderInUseError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_TRY_EVERY)


def _launched(instructions: StartRun | ResumeRun | ServeRun) -> Engine:
    launched = launch(instructions)
    return Engine(launched.connection, launched.process)
