"""A client is sent what it has credit for, in order, whatever it does."""

from __future__ import annotations

import msgspec
import pytest

from engine.protocol.codec import engine_frames
from engine.protocol.messages import Acknowledge, Attach, Entries, Goodbye, Heartbeat, RunState, SnapshotKept
from engine.protocol.server import Sent
from engine.supervisor import clients as clients_module
from engine.supervisor.clients import WINDOW, Clients
from engine.supervisor.journal_thread import Chunk, Read

BEAT = Heartbeat(0, RunState.TRAINING, True, None, 0, ())


class FakeEndpoint:
    """Keeps what is sent; ``outcome`` is what becomes of it."""

    def __init__(self) -> None:
        self.outcome = Sent.SENT
        self.frames: list[tuple[bytes, bytes]] = []

    def send(self, peer: bytes, frame: bytes) -> Sent:
        if self.outcome is Sent.SENT:
            self.frames.append((peer, frame))
        return self.outcome


class FakeJournal:
    """A journal of ``committed`` entries; ``reads`` are what was asked of it."""

    def __init__(self, committed: int) -> None:
        self.committed = committed
        self.backlog = 0
        self.reads: list[Read] = []

    def ask(self, job: Read) -> None:
        self.reads.append(job)


class Desk:
    """Clients between a fake socket and a fake journal, which answers when told to."""

    def __init__(self, committed: int) -> None:
        self.endpoint, self.journal = FakeEndpoint(), FakeJournal(committed)
        self.clients = Clients(self.endpoint, self.journal)  # type: ignore[arg-type]

    def attach(self, peer: bytes, after: int = 0) -> clients_module.Client:
        client = self.clients.hear(peer)
        self.clients.attach(client, Attach(after))
        return client

    def serve(self) -> None:
        """Stream until nothing more may be sent."""
        self.clients.stream()
        while self.journal.reads:
            self.answer(self.journal.reads.pop(0))
            self.clients.stream()

    def answer(self, read: Read) -> None:
        numbers = range(read.after + 1, min(read.after + read.limit, self.journal.committed) + 1)
        frame = msgspec.msgpack.encode(Entries(read.after + 1, tuple(SnapshotKept(n) for n in numbers)))
        self.clients.deliver(Chunk(read.peer, read.generation, read.after + len(numbers), frame))

    def sent(self, peer: bytes) -> list[int]:
        """Return the sequence numbers that a client was sent, having checked that entries bear them."""
        numbers = []
        for receiver, frame in self.endpoint.frames:
            message = engine_frames.decode(frame)
            if receiver == peer and isinstance(message, Entries):
                steps = [entry.step for entry in message.entries if isinstance(entry, SnapshotKept)]
                assert steps == list(range(message.first, message.first + len(steps)))
                numbers += steps
        return numbers


def test_a_client_that_acknowledges_nothing_is_sent_one_window() -> None:
    desk = Desk(committed=3 * WINDOW)
    client = desk.attach(b"a")
    desk.serve()
    assert desk.sent(b"a") == list(range(1, WINDOW + 1))
    desk.clients.acknowledge(client, Acknowledge(500, 0))
    desk.serve()
    assert desk.sent(b"a") == list(range(1, WINDOW + 501))


def test_credit_cannot_be_given_for_what_was_not_sent() -> None:
    desk = Desk(committed=3 * WINDOW)
    client = desk.attach(b"a")
    desk.clients.acknowledge(client, Acknowledge(2**63 - 1, 2**63 - 1))
    desk.serve()
    assert desk.sent(b"a") == list(range(1, WINDOW + 1))


def test_each_client_has_a_place_of_its_own() -> None:
    desk = Desk(committed=50)
    desk.attach(b"a")
    desk.attach(b"b", after=30)
    desk.clients.hear(b"c")
    desk.serve()
    desk.journal.committed = 60
    desk.serve()
    assert desk.sent(b"a") == list(range(1, 61))
    assert desk.sent(b"b") == list(range(31, 61))
    assert desk.sent(b"c") == []


def test_a_full_queue_costs_a_client_no_entry() -> None:
    desk = Desk(committed=50)
    desk.attach(b"a")
    desk.endpoint.outcome = Sent.FULL
    desk.serve()
    assert desk.sent(b"a") == []
    desk.endpoint.outcome = Sent.SENT
    desk.serve()
    assert desk.sent(b"a") == list(range(1, 51))


def test_what_was_read_for_an_earlier_stream_is_dropped() -> None:
    desk = Desk(committed=50)
    desk.attach(b"a")
    desk.clients.stream()
    desk.attach(b"a", after=20)
    desk.serve()
    assert desk.sent(b"a") == list(range(21, 51))


def test_a_client_that_is_gone_is_forgotten() -> None:
    desk = Desk(committed=50)
    desk.attach(b"a")
    desk.endpoint.outcome = Sent.GONE
    desk.serve()
    desk.endpoint.outcome = Sent.SENT
    desk.serve()
    assert desk.endpoint.frames == []
    assert not desk.clients.any_present()


def test_a_sequence_number_beyond_the_journal_gets_nothing() -> None:
    desk = Desk(committed=50)
    desk.attach(b"a", after=1000)
    desk.serve()
    assert desk.sent(b"a") == []


def test_heartbeats_stop_while_they_are_not_acknowledged() -> None:
    desk = Desk(committed=0)
    client = desk.attach(b"a")
    desk.clients.hear(b"not attached")
    for _ in range(10):
        desk.clients.beat(BEAT)
    beats = [engine_frames.decode(frame) for _, frame in desk.endpoint.frames]
    assert [beat.beat for beat in beats if isinstance(beat, Heartbeat)] == [1, 2, 3, 4]
    desk.clients.acknowledge(client, Acknowledge(0, 4))
    desk.clients.beat(BEAT)
    assert len(desk.endpoint.frames) == 5


def test_attached_clients_are_told_that_the_engine_leaves() -> None:
    desk = Desk(committed=0)
    desk.attach(b"a")
    desk.clients.hear(b"b")
    desk.clients.part()
    assert [(peer, engine_frames.decode(frame)) for peer, frame in desk.endpoint.frames] == [
        (b"a", Goodbye())
    ]


def test_the_number_of_clients_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients_module, "_MOST_CLIENTS", 3)
    desk = Desk(committed=0)
    for name in (b"a", b"b", b"c", b"a", b"d"):
        desk.clients.hear(name)
    assert set(desk.clients._clients) == {b"a", b"c", b"d"}


def test_all_are_served_once_nothing_is_left() -> None:
    desk = Desk(committed=50)
    desk.attach(b"a")
    assert not desk.clients.all_served()
    desk.serve()
    assert desk.clients.all_served()
    desk.journal.backlog = 1
    assert not desk.clients.all_served()
