"""A way through ssh to an engine's ports, with stand-ins for ssh: no process is left, and it is made anew."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from engine.errors import ComputerError
from engine.protocol.connection import Connection
from studio.services import tunnel as tunnels
from studio.services.ssh import Address
from studio.services.tunnel import Tunnel

LISTENS = """
import socket, sys
sockets = [socket.create_server(("127.0.0.1", int(port))) for port in sys.argv[1:]]
sys.stdin.read()
"""
SLEEPS = "import time; time.sleep(60)"
FAILS = "import sys; sys.exit('Connection refused')"

CONNECTION = Connection(1, "ab" * 16, "cd" * 16, "/run", "far", 1, 0.0, "127.0.0.1", 1, 2, "", "", "")


class StandIn:
    """In the place of ssh: one Python program after the other, with the local ports as its arguments.

    None is one that cannot be started.
    """

    def __init__(self, *programs: str | None) -> None:
        self._programs = list(programs)
        self.started: list[subprocess.Popen[bytes]] = []

    def forward(self, address: Address, ports: dict[int, int]) -> subprocess.Popen[bytes]:
        program = self._programs.pop(0)
        if program is None:
            raise ComputerError(computer=address.text, reason="ssh cannot be started.", hint="")
        words = [sys.executable, "-S", "-c", program, *map(str, ports)]
        pipe = subprocess.PIPE
        self.started.append(subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe))
        return self.started[-1]


@pytest.mark.parametrize(
    ("program", "match"), [(SLEEPS, r"not forward .* within 0\.3 s"), (FAILS, "Connection refused")]
)
def test_one_that_cannot_be_made_leaves_no_process_and_no_pipe(
    program: str, match: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tunnels, "OPENING", 0.3 if program == SLEEPS else 30.0)
    ssh = StandIn(program)
    with pytest.raises(ComputerError, match=match):
        Tunnel(ssh, Address("far"), CONNECTION)
    (process,) = ssh.started
    assert process.returncode is not None
    assert all(pipe.closed for pipe in (process.stdin, process.stdout, process.stderr))


def test_one_that_is_lost_is_made_anew_though_ssh_could_not_be_started_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tunnels, "_TRY_EVERY", 0.05)
    ssh = StandIn(LISTENS, None, LISTENS)
    tunnel = Tunnel(ssh, Address("far"), CONNECTION)
    ssh.started[0].kill()
    wait_for(lambda: len(ssh.started) == 2)
    with socket.socket() as probe:
        wait_for(lambda: probe.connect_ex(("127.0.0.1", tunnel.local.control_port)) == 0)
    tunnel.close()
    assert all(process.returncode is not None for process in ssh.started)


def wait_for(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60.0
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
