"""Silence, death and leaving are told apart."""

from __future__ import annotations

import contextlib
import os
import platform
import socket
import subprocess
import sys

import pytest

from engine.errors import EngineDiedError
from engine.protocol.connection import Connection
from engine.protocol.inbox import Link
from engine.protocol.processes import start_time
from engine.protocol.watch import Watch


def connection(
    pid: int | None = None, started: float | None = None, host: str | None = None, port: int = 1
) -> Connection:
    pid = pid or os.getpid()
    return Connection(
        format_version=1,
        engine_id="e",
        run_id="r",
        run_folder="/runs/a",
        host=host or platform.node(),
        pid=pid,
        pid_started=start_time(os.getpid()) if started is None else started,
        address="127.0.0.1",
        control_port=port,
        bulk_port=2,
        engine_key="k",
        client_key="c",
        client_secret="s",
    )


def test_an_engine_that_speaks_is_connected_and_a_silent_one_is_not_responding() -> None:
    watch = Watch(connection(), None, now=0.0)
    assert watch.judge(0.1).link is Link.CONNECTING
    watch.hear(1.0)
    assert watch.judge(3.9).link is Link.CONNECTED
    assert watch.judge(4.1).link is Link.NOT_RESPONDING
    watch.hear(5.0)
    assert watch.judge(5.0).link is Link.CONNECTED


def test_a_process_that_has_gone_has_died() -> None:
    """Another process that has its number by now does not deceive."""
    watch = Watch(connection(started=1.0), None, now=0.0)
    watch.hear(0.5)
    assert watch.judge(1.4).link is Link.CONNECTED
    state = watch.judge(1.6)
    assert state.link is Link.DIED
    assert isinstance(state.problem, EngineDiedError)
    assert str(os.getpid()) in str(state.problem)


def test_a_starter_learns_how_the_process_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", "import os; os.kill(os.getpid(), 11)"]) as process:
        process.wait()
        state = Watch(connection(process.pid), process, now=0.0).judge(1.5)
    assert state.link is Link.DIED
    assert "signal 11 (SIGSEGV)" in str(state.problem)


@pytest.mark.parametrize("says_goodbye", [True, False])
def test_an_engine_that_leaves_after_its_run_has_not_died(says_goodbye: bool) -> None:
    watch = Watch(connection(started=1.0), None, now=0.0)
    if says_goodbye:
        watch.part()
    else:
        watch.expects_end = True
    assert watch.judge(1.5).link is Link.CLOSED
    watch.hear(2.0)
    assert watch.judge(2.0).link is Link.CLOSED


def test_a_process_on_another_machine_is_not_looked_for() -> None:
    watch = Watch(connection(started=1.0, host="elsewhere"), None, now=0.0)
    assert watch.judge(5.0).link is Link.NOT_RESPONDING


@pytest.mark.parametrize("leads_to", ["nobody", "one who hangs", "no leader"])
def test_behind_a_port_that_is_led_elsewhere_death_and_hang_are_told_apart(leads_to: str) -> None:
    """What leads a port, as ssh does, lets everybody in, and shuts the connection where nobody is."""
    with socket.create_server(("127.0.0.1", 0)) as leader:
        watch = Watch(connection(host="elsewhere", port=leader.getsockname()[1]), None, now=0.0)
        if leads_to == "no leader":
            leader.close()
        states = []
        for turn in range(20):
            states.append(watch.judge(1.1 + turn * 0.3).link)
            if leads_to == "nobody":
                leader.settimeout(0.1)
                with contextlib.suppress(TimeoutError):
                    leader.accept()[0].close()
        watch.close()
    assert states[0] is Link.CONNECTING
    assert states[-1] is (Link.DIED if leads_to == "nobody" else Link.NOT_RESPONDING)
    if leads_to == "nobody":
        assert "nobody is at its port any more" in str(watch.judge(9.0).problem)


def test_the_end_of_what_leads_a_port_is_no_death() -> None:
    """Its connections are shut with it; the next one is refused."""
    with socket.create_server(("127.0.0.1", 0)) as leader:
        watch = Watch(connection(host="elsewhere", port=leader.getsockname()[1]), None, now=0.0)
        watch.judge(1.1)
        leader.accept()[0].close()
    for turn in range(20):
        assert watch.judge(1.4 + turn * 0.3).link is not Link.DIED
    watch.close()
