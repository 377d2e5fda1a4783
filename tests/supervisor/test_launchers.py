"""What starts the ranks: a host file, and srun of SLURM, whose part is taken by a stand-in."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from engine.graph import network_file
from engine.graph.network_file import NetworkFile
from engine.protocol.client import Client
from engine.protocol.internal import StartRun
from engine.protocol.launch import launch
from engine.protocol.messages import RunState, StateChanged
from engine.protocol.problems import rebuild
from tests.faults.ranks import MPIEXEC, needs_mpi
from tests.supervisor.engines import LINGER, ending, entries_until, has_ended


def ending_of(folder: Path, launcher: str) -> StateChanged:
    """Run a short training on two ranks; return how it ended."""
    text = network_file.dumps(NetworkFile())
    start = StartRun(text, "steps 3", str(folder), str(folder / "run"), "cpu:2", LINGER, launcher=launcher)
    with ending(launch(start)) as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries = entries_until(client, has_ended, 60.0)
    return next(entry for entry in entries if isinstance(entry, StateChanged) and entry.state.ended)


@needs_mpi
def test_a_host_file_names_where_ranks_run(tmp_path: Path) -> None:
    hosts = tmp_path / "my hosts"
    hosts.write_text("localhost:2\n")
    assert ending_of(tmp_path, shlex.join([str(MPIEXEC), "-f", str(hosts)])).state is RunState.FINISHED


@needs_mpi
def test_a_launcher_whose_processes_are_not_joined_is_said_to_be_amiss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As srun's are not where it does not speak the language of the MPI that mpi4py uses."""
    monkeypatch.delenv("PYTHONPATH")  # the real training, not the fake
    alone = tmp_path / "alone"
    alone.write_text('#!/bin/sh\nshift 2\nexec "$@"\n')  # instead of "-n 2 PYTHON"
    alone.chmod(0o755)
    end = ending_of(tmp_path, str(alone))
    assert end.state is RunState.FAILED
    assert end.cause is not None
    assert "expected 2 ranks, found 1" in str(rebuild(end.cause))


@needs_mpi
def test_srun_is_asked_for_a_task_each_device(tmp_path: Path) -> None:
    asked, srun = tmp_path / "asked", tmp_path / "srun"
    srun.write_text(f'#!/bin/sh\necho "$@" > {shlex.quote(str(asked))}\nshift\nexec {MPIEXEC} "$@"\n')
    srun.chmod(0o755)
    assert ending_of(tmp_path, f"{srun} --mpi=pmix").state is RunState.FINISHED
    assert asked.read_text().startswith("--mpi=pmix -n 2 ")
