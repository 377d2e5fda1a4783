"""What the models see of an engine: a link that takes requests and hands over what has arrived."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from engine.errors import ConvNetError
from engine.protocol.inbox import LinkChanged
from engine.protocol.messages import Answer, Entries, Fork, Heartbeat, Overview, Request, Welcome


@dataclass(frozen=True)
class Answered:
    """The answer to the request that ``ask`` gave this ``ticket``, or why there is none."""

    ticket: int
    answer: Answer | ConvNetError


@dataclass(frozen=True)
class NotStarted:
    """The engine could not be started or reached. Nothing arrives after this."""

    cause: ConvNetError


@dataclass(frozen=True)
class Sending:
    """Data are being sent to the computer that shall train: ``done`` bytes of ``total`` so far.

    While ``is_reading``, they are only read, to see whether they are there.
    """

    done: int
    total: int
    is_reading: bool
    seconds_left: float | None = None  # at the pace so far; None: not known yet


Arrival = Sending | Welcome | NotStarted | Overview | Entries | Heartbeat | LinkChanged | Answered
"""``Welcome`` or ``NotStarted`` comes first, but for ``Sending``. What the journal has is told by one
``Overview`` at most, and then by entries, in order and each once."""


class EngineLink(Protocol):
    """A connection to one run's engine. No method waits for the engine."""

    def ask(self, request: Request) -> int:
        """Send a request, or keep it until the engine has answered for the first time; return its ticket."""

    def drain(self) -> list[Arrival]:
        """Return what has arrived since the last call, in order."""

    def kill(self) -> None:
        """End an engine that does not answer by force."""

    def close(self, *, dismiss: bool = False) -> None:
        """Leave the engine, which goes on unless it is dismissed."""


@dataclass(frozen=True)
class TrainingOrder:
    """What a new engine shall train."""

    network: str  # content of a network file
    name: str  # of the network, as it shall be shown
    base: str  # folder that the network's data path is relative to
    device: str  # such as "cpu" or "cuda:0"
    fork: Fork | None = None  # the checkpoint of another run to begin with; None: from the start


class Engines(Protocol):
    """Starts engines on a computer. No method waits for an engine."""

    def start(self, order: TrainingOrder) -> EngineLink:
        """Begin to start an engine and to follow its run."""

    def resume(self, run_id: str, run_folder: str) -> EngineLink:
        """Begin to start an engine that goes on with a run that has ended, and to follow it."""


class LocalEngines(Engines, Protocol):
    """The engines of this computer, and those whose connection file is on it."""

    def serve(self, run_folder: str) -> EngineLink:
        """Begin to start an engine that shows a run that has ended, and to follow it."""

    def attach(self, connection: Path) -> EngineLink:
        """Begin to follow the run of the engine with this connection file."""
