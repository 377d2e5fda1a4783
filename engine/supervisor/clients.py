"""The clients of an engine: what each has of the journal, and how much more it may be sent.

A client is sent entries up to WINDOW beyond what it has acknowledged. One that is slow, or stopped, costs a
bounded amount of memory; it falls behind, and is given what it lacks from the disk when it comes back.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import msgspec

from engine.protocol.codec import encode
from engine.protocol.messages import Acknowledge, Attach, Goodbye, Heartbeat
from engine.protocol.server import Endpoint, Sent
from engine.supervisor.journal_thread import Chunk, JournalThread, Read

WINDOW = 10_000
"""Entries that may be under way to a client."""

_CHUNK = 1_000  # entries in a frame, at most
_BEATS_UNDER_WAY = 4
_MOST_CLIENTS = 64
_PRESENT = 10.0  # s after its last word that an attached client counts as being there


@dataclass
class Client:
    """What the engine knows of a client."""

    heard: float = field(default_factory=time.monotonic)
    greeted: bool = False
    last_call: int = 0
    attached: bool = False
    generation: int = 0  # counts its streams, so that chunks of an earlier one are dropped
    sent: int = 0  # sequence number of the last entry that it was sent
    acknowledged: int = 0  # sequence number up to which it has all entries
    is_reading: bool = False  # a chunk is being read for it
    unsent: Chunk | None = None  # a chunk that its queue had no room for
    beat: int = 0
    beat_acknowledged: int = 0


class Clients:
    """All clients, by routing id, on the control socket."""

    def __init__(self, endpoint: Endpoint, journal: JournalThread) -> None:
        self._endpoint, self._journal = endpoint, journal
        self._clients: dict[bytes, Client] = {}

    def hear(self, peer: bytes) -> Client:
        """Return the client that has just said something. The one silent for longest makes room."""
        client = self._clients.get(peer)
        if client is None:
            if len(self._clients) >= _MOST_CLIENTS:
                del self._clients[min(self._clients, key=lambda other: self._clients[other].heard)]
            client = self._clients[peer] = Client()
        client.heard = time.monotonic()
        return client

    def attach(self, client: Client, request: Attach) -> None:
        """Begin a client's stream."""
        client.attached = True
        client.generation += 1
        client.sent = client.acknowledged = request.after
        client.is_reading = False
        client.unsent = None
        client.beat = client.beat_acknowledged = 0

    def acknowledge(self, client: Client, message: Acknowledge) -> None:
        """Give credit. A client can give none for what it was not sent."""
        client.acknowledged = max(client.acknowledged, min(message.sequence, client.sent))
        client.beat_acknowledged = max(client.beat_acknowledged, min(message.beat, client.beat))

    def stream(self) -> None:
        """Have read for each client what it may be sent next."""
        for peer, client in list(self._clients.items()):
            if client.unsent is not None:
                self.deliver(client.unsent)
            limit = min(
                client.acknowledged + WINDOW - client.sent, self._journal.committed - client.sent, _CHUNK
            )
            if client.attached and not client.is_reading and client.unsent is None and limit > 0:
                client.is_reading = True
                self._journal.ask(Read(peer, client.generation, client.sent, limit))

    def deliver(self, chunk: Chunk) -> None:
        """Send what was read to the client that it was read for, if it still follows that stream."""
        client = self._clients.get(chunk.peer)
        if client is None or client.generation != chunk.generation:
            return
        client.is_reading = False
        client.unsent = None
        if chunk.last == client.sent:
            return
        match self.send(chunk.peer, chunk.frame):
            case Sent.SENT:
                client.sent = chunk.last
            case Sent.FULL:
                client.unsent = chunk
            case Sent.GONE:
                pass

    def send(self, peer: bytes, frame: bytes) -> Sent:
        """Send a frame; a client that is gone is forgotten."""
        sent = self._endpoint.send(peer, frame)
        if sent is Sent.GONE:
            self._clients.pop(peer, None)
        return sent

    def beat(self, heartbeat: Heartbeat) -> None:
        """Send a heartbeat to each attached client that has acknowledged those before it."""
        for peer, client in list(self._clients.items()):
            if client.attached and client.beat - client.beat_acknowledged < _BEATS_UNDER_WAY:
                client.beat += 1
                self.send(peer, encode(msgspec.structs.replace(heartbeat, beat=client.beat)))

    def part(self) -> None:
        """Tell attached clients that the engine leaves."""
        for peer, client in list(self._clients.items()):
            if client.attached:
                self.send(peer, encode(Goodbye()))

    def any_present(self) -> bool:
        """Whether an attached client has said something lately."""
        return bool(self._present())

    def all_served(self) -> bool:
        """Whether each client that is there was sent the whole journal."""
        return self._journal.backlog == 0 and all(
            client.sent >= self._journal.committed for client in self._present()
        )

    def _present(self) -> list[Client]:
        now = time.monotonic()
        return [
            client for client in self._clients.values() if client.attached and now - client.heard < _PRESENT
        ]
