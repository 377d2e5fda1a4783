"""What starts the ranks: a host file, and srun of SLURM, whose part is taken by a stand-in."""

from __future__ import annotations

import shlex
from pathlib import Path

from engine.graph import network_file
from engine.graph.network_file import NetworkFile
from engine.protocol.client import Client
from engine.protocol.internal import StartRun
from engine.protocol.launch import launch
from engine.protocol.messages import RunState, StateChanged
from tests.faults.ranks import MPIEXEC, needs_mpi
from tests.supervisor.engines import LINGER, ending, entries_until, has_ended


def outcome(folder: Path, launcher: str) -> RunState:
    """Run a short training on two ranks; return how it ended."""
    text = network_file.dumps(NetworkFile())
    start = StartRun(text, "steps 3", str(folder), str(folder / "run"), "cpu:2", LINGER, launcher=launcher)
    with ending(launch(start)) as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries = entries_until(client, has_ended, 60.0)
    return next(entry.state for entry in entries if isinstance(entry, StateChanged) and entry.state.ended)


@needs_mpi
def test_a_host_file_names_where_ranks_run(tmp_path: Path) -> None:
    hosts = tmp_path / "my hosts"
    hosts.write_text("localhost:2\n")
    assert outcome(tmp_path, shlex.join([str(MPIEXEC), "-f", str(hosts)])) is RunState.FINISHED


@needs_mpi
def test_srun_is_asked_for_a_task_each_device(tmp_path: Path) -> None:
    asked, srun = tmp_path / "asked", tmp_path / "srun"
    srun.write_text(f'#!/bin/sh\necho "$@" > {shlex.quote(str(asked))}\nshift\nexec {MPIEXEC} "$@"\n')
    srun.chmod(0o755)
    assert outcome(tmp_path, f"{srun} --mpi=pmix") is RunState.FINISHED
    assert asked.read_text().startswith("--mpi=pmix -n 2 ")
