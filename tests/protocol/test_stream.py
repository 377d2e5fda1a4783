"""Each entry of the journal reaches the client once and in order, whatever becomes of the frames."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.protocol.messages import Acknowledge, Entries, SnapshotKept
from engine.protocol.stream import Stream

JOURNAL = tuple(SnapshotKept(number) for number in range(1, 61))


def chunk(first: int, length: int) -> Entries:
    return Entries(first, JOURNAL[first - 1 : first - 1 + length])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 20))), st.integers(0, 59))
def test_chunks_that_are_lost_or_come_twice_leave_no_trace(pieces: list[tuple[int, int]], after: int) -> None:
    """Any chunks come; whenever one is missing, the engine is asked for what follows and sends it."""
    stream = Stream(after)
    taken: list[SnapshotKept] = []
    for first, length in [*pieces, (61, 0)]:
        for message in (chunk(first, length), chunk(stream.received + 1, 5)):
            new = stream.take(message)
            if new is not None:
                assert new.first == after + len(taken) + 1
                taken += new.entries  # type: ignore[arg-type]
            if stream.torn:
                stream.begin_again()
    assert taken == list(JOURNAL[after : after + len(taken)])


def test_a_gap_is_noticed() -> None:
    stream = Stream(0)
    assert stream.take(chunk(1, 3)) == chunk(1, 3)
    assert stream.take(chunk(5, 2)) is None
    assert stream.torn
    assert stream.take(chunk(4, 3)) == chunk(4, 3)
    assert not stream.torn


def test_a_part_that_is_known_is_cut_off() -> None:
    stream = Stream(0)
    stream.take(chunk(1, 3))
    assert stream.take(chunk(2, 4)) == chunk(4, 2)
    assert stream.take(chunk(2, 4)) is None


def test_heartbeats_and_a_thousand_entries_are_acknowledged() -> None:
    stream = Stream(10)
    assert stream.acknowledge(taken=1009) is None
    assert stream.acknowledge(taken=1010) == Acknowledge(1010, 0)
    assert stream.acknowledge(taken=1010) is None
    stream.beat = 1
    assert stream.acknowledge(taken=1011) == Acknowledge(1011, 1)
