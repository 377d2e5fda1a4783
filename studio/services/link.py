"""What the models see of an engine: a link that takes requests and hands over what has arrived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.protocol.messages import Answer, Entries, Heartbeat, Problem, Request, Welcome


@dataclass(frozen=True)
class Connected:
    """The engine answered for the first time."""

    welcome: Welcome


@dataclass(frozen=True)
class Answered:
    """The answer to the request that ``ask`` gave this ``ticket``."""

    ticket: int
    answer: Answer


@dataclass(frozen=True)
class Lost:
    """The engine could not be started or reached, or has gone. Nothing arrives after this."""

    cause: Problem


Arrival = Connected | Answered | Lost | Entries | Heartbeat


class EngineLink(Protocol):
    """A connection to one engine. No method waits for the engine."""

    def ask(self, request: Request) -> int:
        """Send a request and return its ticket."""

    def drain(self) -> list[Arrival]:
        """Return what has arrived since the last call, in order."""

    def close(self) -> None:
        """Leave the engine, which goes on."""


@dataclass(frozen=True)
class TrainingOrder:
    """What a new engine shall train."""

    network: str  # content of a network file
    name: str  # of the network, as it shall be shown
    base: str  # folder that the network's data path is relative to
    device: str  # such as "cpu" or "cuda:0"


class Engines(Protocol):
    """Starts engines and finds those that run."""

    def start(self, order: TrainingOrder) -> EngineLink:
        """Begin to start an engine; its ``Connected`` or ``Lost`` arrives later."""
