"""Another computer, over a real ssh server of the tests' own."""

from __future__ import annotations

import getpass
import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from engine.errors import ComputerError, DataNotFoundError, VersionMismatchError
from engine.protocol import connection as connections
from engine.protocol.computer import CHUNK, Chunk
from engine.protocol.messages import RunState as EngineState
from studio.models.document import Document
from studio.models.run import RunModel
from studio.models.run_state import RunState
from studio.services import computer as computers
from studio.services import sending, tunnel
from studio.services.computer import Presence, RemoteComputer
from studio.services.engine_process import EngineProcesses
from studio.services.ssh import Address, Ssh
from tests.studio.services.other_account import Seen
from tests.studio.services.ssh_server import IS_POSSIBLE, SshServer, free_port, ssh_server
from tests.training.running import network, save_pictures

pytestmark = pytest.mark.skipif(not IS_POSSIBLE, reason="needs sshd, ssh and ssh-keygen (openssh-server)")

ROOT = Path(__file__).parents[3]
NOBODY = 65534


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with ssh_server(tmp_path_factory.mktemp("ssh")) as server:
        yield server


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computers, "_LIST_EVERY", 0.2)
    monkeypatch.setattr(computers, "_TRY_EVERY", 0.2)
    monkeypatch.setattr(tunnel, "_TRY_EVERY", 0.2)


@pytest.fixture
def computer(server: SshServer) -> Iterator[RemoteComputer]:
    computer = connected(server)
    yield computer
    computer.disconnect()


def connected(server: SshServer, name: str = "computer", program: str = "") -> RemoteComputer:
    """Try to connect to a computer; return it when that has succeeded or failed."""
    address = Address.parse(name, program or server.program)
    computer = RemoteComputer(address, lambda: None, Ssh(server.options))
    computer.connect()
    wait_for(lambda: computer.status.presence is not Presence.CONNECTING)
    return computer


def wait_for(holds: Callable[[], object], run: RunModel | None = None, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, None if run is None else (run.state, run.cause)
        if run is not None:
            run.update()
        time.sleep(0.01)


@pytest.fixture
def document(tmp_path: Path) -> Document:
    """A network whose data are a file of this computer."""
    (tmp_path / "here").mkdir()
    save_pictures(tmp_path / "here")
    document = Document()
    document.new(network(epochs=100_000), "own.convnet")
    document.save(tmp_path / "here" / "own.convnet")
    return document


def test_a_computer_says_what_it_is(computer: RemoteComputer) -> None:
    assert computer.status.presence is Presence.ON
    about = computer.status.about
    assert about is not None
    assert about.devices[0].kind == "cpu"
    assert about.host == os.uname().nodename


@pytest.mark.parametrize(
    ("name", "program", "match"),
    [
        ("stranger", "", "Permission denied.*ssh-copy-id stranger"),
        ("nowhere.invalid", "", "Could not resolve.*Correct the name"),
        ("computer", "no-such-program", "not found.*say where its convnet is"),
    ],
)
def test_a_computer_that_cannot_be_used_says_why(
    server: SshServer, name: str, program: str, match: str
) -> None:
    computer = connected(server, name, program)
    assert computer.status.presence is Presence.OFF
    with pytest.raises(ComputerError, match=match):
        raise computer.status.problem or AssertionError


def test_another_version_is_told(server: SshServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computers, "PROTOCOL_VERSION", 99)
    computer = connected(server)
    assert isinstance(computer.status.problem, VersionMismatchError)


def test_a_run_lives_there_and_its_curves_have_no_gap_through_a_lost_line_and_a_resume(
    server: SshServer, computer: RemoteComputer, document: Document
) -> None:
    run = RunModel(EngineProcesses(lambda: None))
    run.train(document, on=computer)
    wait_for(lambda: run.can_pause and len(run.record.metrics["train"]) > 3, run)
    assert not run.is_here
    assert run.record.run_folder is not None
    assert Path(run.record.run_folder).parent == server.home / "runs"
    sent = (document.base_folder() / "own.npz").read_bytes()
    (there,) = (server.home / "data").glob("own-*.npz")
    assert hashlib.sha256(there.read_bytes()).digest() == hashlib.sha256(sent).digest()

    server.cut()
    wait_for(lambda: run.state is RunState.NOT_RESPONDING, run)
    wait_for(lambda: computer.status.presence is Presence.LOST)
    server.start()
    shown = len(run.record.metrics["train"])
    wait_for(lambda: run.can_pause and len(run.record.metrics["train"]) > shown, run)
    wait_for(lambda: computer.status.presence is Presence.ON)

    run.stop()
    wait_for(lambda: run.state is RunState.STOPPED, run)
    last = run.record.metrics.last("train", "step")
    run.take_up()
    wait_for(lambda: run.can_pause and (run.record.metrics.last("train", "step") or 0) > (last or 0), run)
    wait_for(lambda: [found.is_running for found in computer.status.runs] == [True])
    run.stop()
    wait_for(lambda: run.state is RunState.STOPPED, run)
    steps = run.record.metrics["train"].column("step")
    assert set(np.diff(steps)) == {steps[0]}
    run.detach()

    wait_for(lambda: [found.end for found in computer.status.runs] == [EngineState.STOPPED])
    wait_for(lambda: not computer.status.runs[0].is_running)
    (listed,) = computer.status.runs
    later = RunModel(EngineProcesses(lambda: None))
    later.watch(computer, lambda: computer.watch(listed.run_id))
    wait_for(lambda: later.state is RunState.STOPPED and later.is_caught_up, later)
    np.testing.assert_array_equal(later.record.metrics["train"].column("step"), steps)
    later.detach()


def test_an_engine_that_dies_there_is_told_from_one_that_hangs(
    server: SshServer, computer: RemoteComputer, document: Document
) -> None:
    run = RunModel(EngineProcesses(lambda: None))
    run.train(document, on=computer)
    wait_for(lambda: run.can_pause and len(run.record.metrics["train"]) > 3, run)
    there = connections.read(Path(run.record.run_folder or "") / "connection.json")
    os.kill(there.pid, signal.SIGSTOP)
    wait_for(lambda: run.state is RunState.NOT_RESPONDING, run)
    os.kill(there.pid, signal.SIGKILL)
    wait_for(lambda: run.state is RunState.DIED, run)
    run.take_up()
    wait_for(lambda: run.can_pause, run)
    run.stop()
    wait_for(lambda: run.state is RunState.STOPPED, run)
    run.detach()


def test_data_that_are_nowhere_are_told_before_anything_is_started(
    server: SshServer, computer: RemoteComputer, document: Document
) -> None:
    document.network.data = replace(document.network.data, source="path", path="faces")
    run = RunModel(EngineProcesses(lambda: None))
    run.train(document, on=computer)
    wait_for(lambda: run.state is RunState.FAILED, run)
    assert isinstance(run.cause, DataNotFoundError)


def test_sending_can_be_given_up_and_goes_on_where_it_was(
    server: SshServer, computer: RemoteComputer, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third chunk is held back until it was given up."""
    goes_on = threading.Event()

    def chunk(offset: int, data: bytes) -> Chunk:
        assert offset != 2 * CHUNK or goes_on.wait(60.0)
        return Chunk(offset, data)

    monkeypatch.setattr(sending, "Chunk", chunk)
    monkeypatch.setattr(sending, "_TELL_EVERY", 0.0)
    big = document.base_folder() / "big.npz"
    size = 8 * CHUNK
    big.write_bytes(np.random.default_rng(1).bytes(size))
    document.network.data = replace(document.network.data, source="path", path="big.npz")
    run = RunModel(EngineProcesses(lambda: None))
    run.train(document, on=computer)
    wait_for(lambda: (at := run.record.sending) and not at.is_reading and at.done == 2 * CHUNK, run)
    assert run.state is RunState.SENDING
    run.stop()
    assert run.state is RunState.STOPPED
    assert not run.can_take_up
    goes_on.set()
    (part,) = (server.home / "data").glob(".*.part")
    kept = part.stat().st_size
    assert 2 * CHUNK <= kept < size
    run.train(document, on=computer)
    wait_for(lambda: run.record.sending is not None and not run.record.sending.is_reading, run)
    assert run.record.sending is not None
    assert run.record.sending.done >= kept
    wait_for(lambda: run.state is RunState.FAILED, run)  # it is no archive
    assert next((server.home / "data").glob("big-*.npz")).read_bytes() == big.read_bytes()


def test_a_tunnel_ends_with_the_studio_however_that_ends(server: SshServer) -> None:
    """A studio that is killed leaves no ssh behind: its end of the pipe is closed by the system."""
    tunnel = Ssh(server.options).forward(Address.parse("computer"), {free_port(): server.port})
    assert tunnel.stdin is not None
    with pytest.raises(subprocess.TimeoutExpired):
        tunnel.wait(1.0)
    tunnel.stdin.close()
    assert tunnel.wait(20.0) == 0


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root may act as another user")
def test_studio_and_engine_belong_to_two_accounts() -> None:
    """The studio's account can open nothing of the engines', and sees all of the run through ssh."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        with ssh_server(Path(folder, "ssh")) as server:
            server.home.chmod(0o700)
            os.chown(server.folder / "user_key", NOBODY, NOBODY)
            done = subprocess.run(
                [
                    *(sys.executable, "-m", "tests.studio.services.other_account", str(NOBODY)),
                    *(server.program, str(server.home), *server.options),
                ],
                env={**os.environ, "HOME": folder},
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
            assert done.returncode == 0, done.stderr
            seen = msgspec.json.decode(done.stdout.splitlines()[-1], type=Seen)
            assert (seen.user, seen.engine_user, seen.is_kept_out) == (NOBODY, getpass.getuser(), True)
            run = Path(seen.run_folder)
            assert (run.parent, run.owner()) == (server.home / "runs", getpass.getuser())
            with sqlite3.connect(run / "run.sqlite") as journal:
                rows = journal.execute("SELECT step FROM curve WHERE split = 'train' ORDER BY sequence")
                assert seen.steps == [step for (step,) in rows]
