"""Events wait for who takes them: entries in order, of heartbeats the newest."""

from __future__ import annotations

import threading

from engine.protocol.inbox import Inbox, Link, LinkChanged
from engine.protocol.messages import Entries, Heartbeat, RunState, SnapshotKept


def beat(number: int) -> Heartbeat:
    return Heartbeat(number, RunState.TRAINING, True, None, 0, ())


def entries(first: int) -> Entries:
    return Entries(first, (SnapshotKept(0), SnapshotKept(1)))


def test_entries_come_in_order_and_the_newest_heartbeat_last() -> None:
    inbox = Inbox()
    for event in (beat(1), entries(1), beat(2), entries(3), beat(3), LinkChanged(Link.CLOSED)):
        inbox.put(event)
    taken = [inbox.take(0) for _ in range(5)]
    assert taken == [entries(1), entries(3), LinkChanged(Link.CLOSED), beat(3), None]


def test_what_was_taken_is_known() -> None:
    inbox = Inbox()
    inbox.begin(after=10)
    inbox.put(entries(11))
    assert inbox.taken == 10
    inbox.take(0)
    assert inbox.taken == 12


def test_a_new_beginning_drops_what_waits() -> None:
    inbox = Inbox()
    inbox.put(entries(11))
    inbox.put(LinkChanged(Link.CONNECTED))
    inbox.begin(after=0)
    assert inbox.take(0) == LinkChanged(Link.CONNECTED)
    assert inbox.take(0) is None


def test_who_waits_is_woken() -> None:
    inbox = Inbox()
    threading.Timer(0.05, inbox.put, (beat(1),)).start()
    assert inbox.take(10.0) == beat(1)
