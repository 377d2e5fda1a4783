"""Starts engines, which then live on their own, and finds those that are there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.errors import NoEngineError
from engine.protocol import connection
from engine.protocol.internal import StartRun
from engine.protocol.launch import launch
from studio.services.client import GOODBYE, Engine, EngineClient
from studio.services.link import TrainingOrder

LINGER: Final = 60.0
"""Seconds that an engine stays after its run's end while no studio looks at it."""


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
        )
        return self._follow(lambda: _launched(instructions))

    def attach(self, path: Path) -> EngineClient:
        """Begin to follow the run of the engine with this connection file."""
        return self._follow(lambda: (path, None))

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

    def _follow(self, find: Callable[[], Engine]) -> EngineClient:
        self._clients = [client for client in self._clients if client.is_alive()]
        client = EngineClient(find, self._wake)
        self._clients.append(client)
        client.start()
        return client


def _launched(instructions: StartRun) -> Engine:
    launched = launch(instructions)
    return launched.connection, launched.process
