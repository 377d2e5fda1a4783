"""A command that is sent again is not done again."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.protocol.client import Client
from engine.protocol.codec import encode
from engine.protocol.messages import Call, CheckpointKept, CheckpointNow, GetLog
from tests.faults import shared
from tests.faults.knocking import HELLO, connection_of, known_client
from tests.faults.outcome import Outcome
from tests.supervisor.engines import entries_until, wait_for

ROW, FAULT, FULL = "23", "commands sent again", 1_000


def obeyed(client: Client) -> int:
    """Return how many checkpoints that were asked for are in the log."""
    lines, after = 0, 0
    while found := client.request(GetLog(after)).lines:
        lines += sum(numbered.line.text == "obeyed checkpoint" for numbered in found)
        after = found[-1].sequence
    return lines


def body(count: int, folder: Path) -> Outcome:
    """Send one command ``count`` times more, then a new one."""
    engine = shared.engine()
    connection = connection_of(engine)
    with Client(engine.connection) as client, known_client(connection, connection.control_port) as socket:
        client.connect()
        before = obeyed(client)
        socket.send(HELLO)
        for _ in range(count + 1):
            socket.send(encode(Call(2, CheckpointNow())))
        socket.send(encode(Call(3, CheckpointNow())))
        ids: list[int] = []
        while 3 not in ids:
            ids.append(msgspec.msgpack.decode(socket.recv())["id"])
        wait_for(lambda: obeyed(client) >= before + 2)
        done = obeyed(client) - before
    repeats = max(done - 2, len(ids) - 3)
    return Outcome(count, count - repeats, "0 repeats", f"{repeats} repeats")


def test_a_request_that_comes_twice_is_done_once(tmp_path: Path) -> None:
    assert body(200, tmp_path).holds


def test_what_one_client_asks_twice_another_may_ask() -> None:
    for _ in range(2):
        with Client(shared.engine().connection) as client:
            client.connect()
            client.attach()
            client.request(CheckpointNow())
            entries_until(client, lambda entry: isinstance(entry, CheckpointKept))
