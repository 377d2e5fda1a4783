"""The thread that follows an engine, with a client that the test drives."""

import threading
import time
from concurrent.futures import Future
from pathlib import Path

import pytest

from engine.errors import EngineStartError, NoAnswerError
from engine.protocol.messages import (
    Done,
    Entries,
    GetNetwork,
    GetOverview,
    Overview,
    Pause,
    RunState,
    Shutdown,
    StateChanged,
    Welcome,
)
from studio.services import client as module
from studio.services.client import BACKLOG, Engine, EngineClient
from studio.services.link import Answered, NotStarted
from tests.studio.fake_engine import row

WELCOME = Welcome(1, "0.1.0", "0" * 32, "/runs/1", "digits", RunState.STARTING)


class FakeClient:
    """Stands for engine.protocol.client.Client."""

    overview = None

    def __init__(self, path, process):
        self.events = []
        self.polls = 0
        self.submitted = []
        self.closed = threading.Event()
        FakeClient.newest = self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed.set()

    def connect(self, timeout):
        return WELCOME

    def attach(self, after):
        self.attached_after = after

    def poll(self, timeout):
        self.polls += 1
        if self.events:
            return self.events.pop(0)
        time.sleep(0.001)
        return None

    def request(self, request, timeout):
        if isinstance(request, GetOverview):
            if self.overview is None:
                raise NoAnswerError(seconds=30.0)
            return self.overview
        self.submitted.append((request, None))
        return Done()

    def submit(self, request, timeout):
        future = Future()
        self.submitted.append((request, future))
        return future


@pytest.fixture(autouse=True)
def fake_client(monkeypatch):
    monkeypatch.setattr(module, "Client", FakeClient)


@pytest.fixture
def start():
    clients = []

    def start(find=lambda _: Engine(Path("connection.json")), wake=lambda: None):
        clients.append(EngineClient(find, wake))
        clients[-1].start()
        return clients[-1]

    yield start
    for client in clients:
        client.close()
        client.join(60)
        assert not client.is_alive()


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def collect(client, count):
    arrivals = []

    def enough():
        arrivals.extend(client.drain())
        return len(arrivals) >= count

    wait_for(enough)
    return arrivals


def test_what_the_journal_has_comes_at_once_and_entries_go_on_after_it(start, monkeypatch):
    overview = Overview(7, (StateChanged(0.0, RunState.TRAINING),), ())
    monkeypatch.setattr(FakeClient, "overview", overview)
    assert collect(start(), 2) == [WELCOME, overview]
    wait_for(lambda: FakeClient.newest.polls)
    assert FakeClient.newest.attached_after == 7


def test_without_an_overview_it_is_told_entry_by_entry(start):
    assert collect(start(), 1) == [WELCOME]
    wait_for(lambda: FakeClient.newest.polls)
    assert FakeClient.newest.attached_after == 0


def test_the_welcome_comes_first_then_what_the_engine_says(start):
    woken = threading.Event()
    client = start(wake=woken.set)
    assert woken.wait(60)
    assert collect(client, 1) == [WELCOME]
    entries = Entries(1, (row(1),))
    FakeClient.newest.events.append(entries)
    assert collect(client, 1) == [entries]


def test_asking_before_the_engine_is_there_does_not_wait_and_is_sent_later(start):
    ready = threading.Event()

    def find(_client):
        ready.wait(60)
        return Engine(Path("connection.json"))

    client = start(find)
    ticket = client.ask(Pause())
    ready.set()
    wait_for(lambda: getattr(FakeClient, "newest", None) and FakeClient.newest.submitted)
    request, future = FakeClient.newest.submitted[0]
    assert request == Pause()
    future.set_result(Done())
    assert collect(client, 2) == [WELCOME, Answered(ticket, Done())]


def test_an_answer_that_is_an_error_arrives_as_one(start):
    client = start()
    collect(client, 1)
    wait_for(lambda: client._client is not None)
    ticket = client.ask(GetNetwork())
    error = NoAnswerError(seconds=30)
    FakeClient.newest.submitted[0][1].set_exception(error)
    assert collect(client, 1) == [Answered(ticket, error)]


@pytest.mark.parametrize("raised", [EngineStartError(reason="no room"), ZeroDivisionError("a fault")])
def test_an_engine_that_cannot_be_started_is_told_with_its_reason(start, raised):
    def find(_client):
        raise raised

    (arrival,) = collect(start(find), 1)
    assert isinstance(arrival, NotStarted)
    assert str(raised) in str(arrival.cause)


def test_while_nobody_takes_them_no_more_events_are_fetched_than_the_backlog(start):
    client = start()
    collect(client, 1)
    fake = FakeClient.newest
    fake.events.extend(Entries(number, (row(number),)) for number in range(1, 3 * BACKLOG))
    wait_for(lambda: len(fake.events) <= 2 * BACKLOG)
    time.sleep(0.05)
    assert len(client._arrivals) <= BACKLOG
    received = collect(client, 3 * BACKLOG - 1)
    assert [entries.first for entries in received] == list(range(1, 3 * BACKLOG))


def test_closing_leaves_the_engine(start):
    client = start()
    collect(client, 1)
    client.close()
    assert FakeClient.newest.closed.wait(60)
    assert FakeClient.newest.submitted == []


def test_an_engine_that_is_dismissed_is_told_to_end(start):
    client = start()
    collect(client, 1)
    client.close(dismiss=True)
    assert FakeClient.newest.closed.wait(60)
    assert FakeClient.newest.submitted == [(Shutdown(), None)]


def test_what_leads_to_another_computer_is_let_go_when_the_link_ends(start):
    """Also where the engine could not be reached after all; and it is ended by force through there."""
    left, killed = threading.Event(), threading.Event()
    client = start(lambda _: Engine(Path("connection.json"), kill=killed.set, leave=left.set))
    wait_for(lambda: client._client is not None)
    client.kill()
    assert killed.wait(60.0)
    assert not left.is_set()
    client.close()
    assert left.wait(60.0)
