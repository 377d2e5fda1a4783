"""Which processes train on several devices, how they are started, and which one is to blame."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from engine.errors import DeviceError
from engine.parallel.minder import Death
from engine.protocol.internal import Beat
from engine.protocol.messages import Site
from engine.supervisor import launcher, ranks
from engine.supervisor.launcher import worker_command, worker_environment
from engine.supervisor.ranks import HUNG, Ranks


def test_one_device_needs_no_launcher() -> None:
    command = worker_command(Site("cpu", launcher="srun"))
    assert command[0] == sys.executable
    assert "mpi4py" not in command


def test_a_launcher_of_the_user_starts_a_process_for_each_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "find_spec", lambda _: object())
    monkeypatch.setattr(launcher.shutil, "which", lambda name, **_: name)
    command = worker_command(Site("cuda:0,cuda:2", launcher="mpiexec -f 'my hosts'"), "file")
    assert command[:5] == ["mpiexec", "-f", "my hosts", "-n", "2"]
    assert command[-5:] == ["mpi4py", "-m", "engine.worker", "--ranks", "file"]


@pytest.mark.parametrize("command", ["no-such-launcher", "'not closed", " "])
def test_a_launcher_that_is_none_is_refused(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "find_spec", lambda _: object())
    with pytest.raises(DeviceError, match="--mpi"):
        worker_command(Site("cpu:2", launcher=command))


def test_without_mpi_several_devices_are_refused_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "find_spec", lambda _: None)
    with pytest.raises(DeviceError, match=r"mpi4py is not installed.*extra \"mpi\""):
        worker_command(Site("cpu:2"))
    monkeypatch.setattr(launcher, "find_spec", lambda _: object())
    monkeypatch.setattr(launcher.shutil, "which", lambda *_, **__: None)
    with pytest.raises(DeviceError, match="no mpiexec"):
        worker_command(Site("cpu:2"))


def test_ranks_on_the_cpu_share_out_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)), raising=False)
    for name in ("CONVNET_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    assert worker_environment(Site("cpu:4"))["CONVNET_THREADS"] == "1"
    assert worker_environment(Site("cpu:3"))["OPENBLAS_NUM_THREADS"] == "2"
    assert "CONVNET_THREADS" not in worker_environment(Site("cpu"))
    monkeypatch.setenv("CONVNET_THREADS", "5")
    assert worker_environment(Site("cpu:4"))["CONVNET_THREADS"] == "5"


@pytest.fixture
def sleepers() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Return three processes that do nothing."""
    processes = [subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) for _ in range(3)]
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def heard(processes: list[subprocess.Popen[bytes]]) -> Ranks:
    found = Ranks(len(processes))
    for rank, process in enumerate(processes):
        assert found.hear(f"peer {rank}".encode(), Beat(rank, process.pid)) == rank
    return found


def test_the_rank_that_is_silent_or_died_is_named(
    sleepers: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = heard(sleepers)
    assert found.lead == b"peer 0"
    assert found.is_responding
    later = time.monotonic() + HUNG + 1.0
    monkeypatch.setattr(ranks.time, "monotonic", lambda: later)
    assert not found.is_responding
    for rank in (0, 1):
        found.hear(f"peer {rank}".encode(), Beat(rank, sleepers[rank].pid))
    assert [reading.responding for reading in found.readings(("cpu",) * 3)] == [True, True, False]
    assert found.died(Death(1, 7, -9)) == "rank 1 of 3 (process 7) ended: killed by signal 9 (SIGKILL)"
    assert found.hung() == f"rank 2 of 3 (process {sleepers[2].pid}) gave no sign of life for {HUNG:g} s"


def test_a_rank_on_another_computer_is_heard_by_way_of_rank_0_and_not_looked_for_here(
    sleepers: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Ranks(2)
    found.hear(b"peer 0", Beat(0, sleepers[0].pid))
    assert found.hear(b"peer 0", Beat(1, sleepers[1].pid, "far")) == 0
    assert [reading.host for reading in found.readings(("cpu", "cpu"))] == ["", "far"]
    later = time.monotonic() + HUNG + 1.0
    monkeypatch.setattr(ranks.time, "monotonic", lambda: later)
    found.hear(b"peer 0", Beat(0, sleepers[0].pid))
    named = f"rank 1 of 2 (process {sleepers[1].pid} on far)"
    assert found.hung() == f"{named} gave no sign of life for {HUNG:g} s"
    assert found.died(Death(1, sleepers[1].pid, 1)) == f"{named} ended: exit code 1"
    found.kill()
    assert sleepers[0].wait() == -9
    assert sleepers[1].poll() is None


def test_a_rank_that_nobody_listened_to_is_not_taken_to_hang(
    sleepers: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while the disk does not keep up."""
    found = Ranks(2)
    for number in range(2):
        found.hear(b"peer %d" % number, Beat(number, sleepers[number].pid))
    later = time.monotonic() + HUNG + 1.0
    monkeypatch.setattr(ranks.time, "monotonic", lambda: later)
    found.leave_unheard()
    assert found.hung() is None
    assert found.is_responding
    monkeypatch.setattr(ranks.time, "monotonic", lambda: later + HUNG + 1.0)
    assert found.hung() is not None
