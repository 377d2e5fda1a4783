"""Trainings on several devices: real ranks, of the digits example, one of which comes to harm."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from engine.graph.examples import load_example
from engine.graph.network_file import dumps
from engine.parallel.devices import device_names
from engine.protocol.client import Client
from engine.protocol.internal import StartRun
from engine.protocol.launch import LaunchedEngine, launch
from engine.protocol.messages import CheckpointKept, Entry, MetricRow, Rewound, RunState, StateChanged, Stop
from engine.protocol.problems import rebuild
from tests.faults.outcome import Outcome
from tests.supervisor.engines import FAKE_TRAINING, LINGER, ending, entries_until, has_ended

SECONDS = 10.0
"""Within which all ranks have gone."""

MPIEXEC = shutil.which("mpiexec", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
needs_mpi = pytest.mark.skipif(
    find_spec("mpi4py") is None or MPIEXEC is None, reason="needs mpi4py and an MPI (the extra mpi)"
)

_RANK = ("PMI_RANK", "OMPI_COMM_WORLD_RANK")
"""Where MPICH and Open MPI tell a process its rank."""


def needs_two_gpus() -> None:
    """Skip the test that calls this where there is no second GPU."""
    import cupy

    if cupy.cuda.runtime.getDeviceCount() < 2:
        pytest.skip("needs two GPUs")


@contextlib.contextmanager
def training(folder: Path, devices: str) -> Iterator[LaunchedEngine]:
    """Start an engine that trains the digits example on several devices, for as long as it is let."""
    network = load_example("digits")
    endless = dataclasses.replace(network.training, epochs=100_000, checkpoint_every=1, batch_size=64)
    text = dumps(dataclasses.replace(network, training=endless))
    with pytest.MonkeyPatch.context() as patch:
        # Without the fake of tests/supervisor; what else is set stays, for where nothing is installed.
        paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        patch.setenv("PYTHONPATH", os.pathsep.join(path for path in paths if path != str(FAKE_TRAINING)))
        patch.setenv("CONVNET_VECTOR", "off")
        start = StartRun(text, "digits", str(folder.parent), str(folder), devices, LINGER, split="hybrid")
        with ending(launch(start)) as engine:
            try:
                yield engine
            finally:
                for process in ranks_of(engine):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.kill()


def ranks_of(engine: LaunchedEngine) -> list[psutil.Process]:
    """Return the ranks of an engine, in order; each is the child of the process that minds it."""
    found = {}
    with contextlib.suppress(psutil.NoSuchProcess):
        for process in psutil.Process(engine.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                if "--ranks" in process.cmdline() and "mpi4py" in process.cmdline():
                    own = process.environ()
                    # The rank comes after its minder, whose child it is.
                    found.update({int(own[name]): process for name in _RANK if name in own})
    return [found[rank] for rank in sorted(found)]


def harm_ranks(
    count: int, folder: Path, harm: Callable[[psutil.Process], None], devices: str = "cpu:4"
) -> Outcome:
    """Do ``harm`` to a rank of each of ``count`` trainings: all stop, it is named, and the run goes on."""
    chance, size = random.Random(16), len(device_names(devices))
    survived, orphans, slowest = 0, 0, 0.0
    misnamed: list[str] = []
    for number in range(count):
        with training(folder / f"run-{number}", devices) as engine, Client(engine.connection) as client:
            client.connect()
            client.attach()
            before = entries_until(client, lambda entry: isinstance(entry, CheckpointKept), 60.0)
            ranks = ranks_of(engine)
            assert len(ranks) == size
            victim = chance.randrange(size)
            time.sleep(chance.uniform(0.0, 0.5))
            begun = time.monotonic()
            harm(ranks[victim])
            _, left = psutil.wait_procs(ranks, SECONDS + 5.0)
            slowest = max(slowest, time.monotonic() - begun)
            after = entries_until(client, lambda entry: isinstance(entry, Rewound), 60.0)
            after += entries_until(client, lambda entry: isinstance(entry, MetricRow), 60.0)
            kept = [entry.step for entry in before + after if isinstance(entry, CheckpointKept)]
            # A checkpoint may be whole on the disk before the engine has been told of it.
            (resumed_at,) = (entry.step for entry in after if isinstance(entry, Rewound))
            told = told_cause(after)
            is_named = told.startswith(f"rank {victim} of {size} (process {ranks[victim].pid}) ")
            survived += resumed_at >= max(kept) and not left and is_named and told.count("process") == 1
            if not is_named:
                misnamed.append(f"rank {victim} was harmed, told: {told}")
            successors = ranks_of(engine)
            client.request(Stop())
            entries_until(client, has_ended, 30.0)
            _, alive = psutil.wait_procs(successors, SECONDS)
            orphans += len(left) + len(alive)
    bar = f"all stopped ≤ {SECONDS:g} s, the rank named, resumed, 0 orphans"
    measured = "; ".join((f"stopped after {slowest:.1f} s at most", f"{orphans} orphans", *misnamed))
    return Outcome(count, survived, bar, measured, slowest <= SECONDS and not orphans)


def told_cause(entries: list[Entry]) -> str:
    """Return the cause of the one restart."""
    (cause,) = (
        entry.cause
        for entry in entries
        if isinstance(entry, StateChanged) and entry.state is RunState.RESTARTING and entry.cause is not None
    )
    return str(rebuild(cause).fields["reason"])
