"""Who has no key, or a wrong one, gets silence, and nothing that they ask for is done."""

from __future__ import annotations

from pathlib import Path

import psutil

from engine.protocol.client import Client
from engine.protocol.codec import encode
from engine.protocol.keys import new_key_pair
from engine.protocol.messages import Call, Shutdown
from tests.faults import shared
from tests.faults.knocking import HELLO, WEIGHTS, Knock, answers, connection_of, worker_port
from tests.faults.outcome import Outcome
from tests.supervisor.engines import worker_of

ROW, FAULT, FULL = "19", "wrong key or none", 100


def body(count: int, folder: Path) -> Outcome:
    """Knock ``count`` times at all three sockets: without CURVE, with a stranger's key, for another server.

    The training process's socket does not take the clients' key either.
    """
    engine = shared.engine()
    connection = connection_of(engine)
    right, stranger = connection.client_keys, new_key_pair()
    ask, leave = encode(Call(1, WEIGHTS)), encode(Call(2, Shutdown()))
    inner = worker_port(engine)
    wrong = [Knock(inner, frame, right, connection.engine_key) for frame in (HELLO, leave)]
    for port, frame in ((connection.control_port, HELLO), (connection.bulk_port, ask), (inner, leave)):
        wrong.append(Knock(port, frame, None, ""))
        wrong.append(Knock(port, frame, stranger, connection.engine_key))
        wrong.append(Knock(port, frame, right, stranger.public))
    knocks = (wrong * (count // len(wrong) + 1))[:count]
    answered = answers(knocks, wait=0.5)
    known = [
        Knock(connection.control_port, HELLO, right, connection.engine_key),
        Knock(connection.bulk_port, ask, right, connection.engine_key),
    ]
    heard = answers(known, wait=0.5)
    with Client(engine.connection) as client:
        trains = not client.connect().state.ended
    measured = f"{answered} answered; with the right key {heard} of 2"
    return Outcome(count, count - answered, "0 bytes, 0 commands", measured, heard == 2 and trains)


def test_no_key_and_wrong_keys_get_silence(tmp_path: Path) -> None:
    assert body(33, tmp_path).holds


def test_keys_are_on_no_command_line_and_in_no_environment() -> None:
    engine = shared.engine()
    secret = connection_of(engine).client_secret
    for process in (psutil.Process(engine.process.pid), worker_of(engine)):
        told = " ".join([*process.cmdline(), *process.environ().values()])
        assert secret not in told
        assert process.cmdline()[1:3] in (["-P", "-m"], ["-P", "-X"])
