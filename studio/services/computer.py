"""Another computer: keeps the line to it, and starts and reaches engines there as if they were here."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from engine.errors import ComputerError, ConvNetError, UnexpectedError
from engine.protocol import computer as messages
from engine.protocol import connection as connections
from engine.protocol.computer import (
    Begin,
    EndByForce,
    FindRuns,
    FoundRun,
    FoundRuns,
    Greet,
    Held,
    Reach,
    Reached,
)
from engine.protocol.messages import PROTOCOL_VERSION, Done
from engine.version import program_version
from studio.services.client import GOODBYE, Engine, EngineClient
from studio.services.engine_process import LINGER
from studio.services.line import PATIENCE, Line
from studio.services.link import TrainingOrder
from studio.services.sending import send_data
from studio.services.ssh import Address, Ssh
from studio.services.tunnel import Tunnel

GREETING: Final = 30.0
"""Seconds that logging in and the first answer may take."""

CHECKING: Final = 3600.0
"""Seconds that the answer to a part of a data set may take: after the last one, all of it is read again."""

_LIST_EVERY: Final = 5.0  # s between two looks at the runs there
_TRY_EVERY: Final = 5.0  # s between two tries to connect again


class Presence(StrEnum):
    """How this studio stands to a computer."""

    OFF = "off"
    CONNECTING = "connecting"
    ON = "on"
    LOST = "lost"  # it was there; it is tried again


@dataclass(frozen=True)
class ComputerStatus:
    """What is known of a computer; ``problem`` says why it is off or lost."""

    presence: Presence = Presence.OFF
    about: messages.Computer | None = None
    runs: tuple[FoundRun, ...] = ()
    problem: ConvNetError | None = None


class RemoteComputer:
    """A computer that ``ssh`` reaches. ``wake`` is called on any thread when ``status`` has changed.

    It is an ``Engines``: runs that are started live there, and go on whatever becomes of the line.
    """

    def __init__(self, address: Address, wake: Callable[[], None], ssh: Ssh | None = None) -> None:
        self.address = address
        self.status = ComputerStatus()
        self._ssh = ssh or Ssh()
        self._wake = wake
        self._line: Line | None = None
        self._closing = threading.Event()
        self._clients: list[EngineClient] = []

    # ---- From the main thread ---------------------------------------------------------------------------

    def connect(self) -> None:
        """Begin to log in, and keep the line."""
        if self.status.presence is Presence.OFF:
            self._closing = threading.Event()
            self._show(ComputerStatus(Presence.CONNECTING))
            threading.Thread(
                target=self._keep, args=(self._closing,), name=f"computer {self.address.text}", daemon=True
            ).start()

    def disconnect(self) -> None:
        """Let go of the line; runs there go on, and those that are watched are left."""
        self._closing.set()
        for client in self._clients:
            client.close()
        if self._line is not None:
            self._line.close()
        self._show(ComputerStatus())

    def close(self) -> None:
        """Disconnect, and wait until nothing leads there any more."""
        self.disconnect()
        for client in self._clients:
            client.join(timeout=GOODBYE + 0.5)

    def start(self, order: TrainingOrder) -> EngineClient:
        """Begin to send the data, if need be, to start an engine there, and to follow its run."""
        return self._follow(lambda client: self._begun(order, client))

    def resume(self, run_id: str, run_folder: str) -> EngineClient:
        """Begin to go on with a run that has ended there."""
        return self._follow(lambda _: self._reached(self._ask(Reach(run_id, True, LINGER), Reached)))

    def watch(self, run_id: str) -> EngineClient:
        """Begin to follow a run that goes on there, or to look at one that has ended."""
        return self._follow(lambda _: self._reached(self._ask(Reach(run_id, False, LINGER), Reached)))

    # ---- On the computer's thread -----------------------------------------------------------------------

    def _keep(self, closing: threading.Event) -> None:
        """Connect; again and again once that has succeeded."""
        while not closing.is_set():
            try:
                self._serve(closing)
                return
            except ConvNetError as error:
                problem = error
            except Exception as error:  # a fault of the program: shown like any other reason
                problem = UnexpectedError(kind=type(error).__name__, message=str(error))
            if closing.is_set():
                return
            was_on = self.status.about is not None
            presence = Presence.LOST if was_on else Presence.OFF
            self._show(replace(self.status, presence=presence, problem=problem))
            if not was_on:
                return
            closing.wait(_TRY_EVERY)

    def _serve(self, closing: threading.Event) -> None:
        line = self._line = Line(self.address, self._ssh.serve(self.address))
        try:
            greeting = Greet(PROTOCOL_VERSION, program_version())
            about = line.request(greeting, messages.Computer, GREETING)
            while not closing.is_set():
                runs = line.request(FindRuns(), FoundRuns).runs
                if not closing.is_set():
                    self._show(ComputerStatus(Presence.ON, about, runs))
                closing.wait(_LIST_EVERY)
        finally:
            line.close()

    def _show(self, status: ComputerStatus) -> None:
        if status != self.status:
            self.status = status
            self._wake()

    # ---- On the threads of links to its engines ---------------------------------------------------------

    def _follow(self, find: Callable[[EngineClient], Engine]) -> EngineClient:
        self._clients = [client for client in self._clients if client.is_alive()]
        client = EngineClient(find, self._wake)
        self._clients.append(client)
        client.start()
        return client

    def _ask(self, request: messages.ComputerRequest, kind: type[messages.AnswerOf]) -> messages.AnswerOf:
        line = self._line
        if line is None or not line.is_open:
            raise ComputerError(
                computer=self.address.text, reason="it is not connected.", hint="Connect it, and try again."
            )
        return line.request(request, kind, CHECKING if issubclass(kind, Held) else PATIENCE)

    def _begun(self, order: TrainingOrder, client: EngineClient) -> Engine:
        about = self.status.about
        known = () if about is None else tuple(dataset.path for dataset in about.datasets)
        network = send_data(order, known, self._ask, client)
        return self._reached(self._ask(Begin(network, order.name, order.device, LINGER, order.fork), Reached))

    def _reached(self, reached: Reached) -> Engine:
        """Lead the engine's ports here, and write down how it is reached, for the link's eyes alone."""
        with ExitStack() as ending:
            tunnel = Tunnel(self._ssh, self.address, reached.connection)
            ending.callback(tunnel.close)
            folder = Path(tempfile.mkdtemp(prefix="convnet-"))
            ending.callback(shutil.rmtree, folder, ignore_errors=True)
            path = folder / "connection.json"
            connections.save(tunnel.local, path)
            leave = ending.pop_all().close

        def kill() -> None:
            with suppress(ConvNetError):
                self._ask(EndByForce(reached.connection.run_id), Done)

        return Engine(path, kill=kill, leave=leave)
