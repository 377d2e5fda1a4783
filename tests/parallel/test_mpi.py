"""Ranks that are processes compute what one device computes. Needs mpi4py and an MPI (the extra "mpi")."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mpi4py")

MPIEXEC = shutil.which("mpiexec", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
ROOT = Path(__file__).parents[2]

needs_mpi = pytest.mark.skipif(MPIEXEC is None, reason="there is no mpiexec")


def deviations(module: str, ranks: int, *arguments: str) -> list[float]:
    """Run a module of tests/parallel on several ranks; return the numbers that it prints after colons."""
    python = [sys.executable, "-m", "mpi4py", "-m", f"tests.parallel.{module}"]
    done = subprocess.run(
        [str(MPIEXEC), "-n", str(ranks), *python, *arguments],
        cwd=ROOT,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [float(found) for found in re.findall(r"rank \d.*: (\S+)", done.stdout)]


@needs_mpi
@pytest.mark.parametrize(("preset", "scheme", "ranks"), [("data", "a", 2), ("hybrid", "c", 3)])
def test_processes_give_the_answer_of_one_device(preset: str, scheme: str, ranks: int) -> None:
    found = deviations("mpi_ranks", ranks, preset, scheme)
    assert len(found) == ranks
    assert max(found) <= 1e-10


@needs_mpi
def test_the_plan_written_by_hand_and_the_compiled_one_give_the_answer_of_one_device() -> None:
    found = deviations("hand_written", 2)
    assert len(found) == 4
    assert max(found) <= 1e-10


@pytest.mark.parametrize(
    ("level", "expected"), [("multiple", "True"), ("serialized", "True"), ("funneled", "False")]
)
def test_what_mpi_lets_threads_do_is_asked(level: str, expected: str) -> None:
    """MPICH gives the level that it is asked for."""
    program = "from engine.parallel.communicators import mpi; print(mpi.MpiCommunicator().for_any_thread)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"MPI4PY_RC_THREAD_LEVEL": level},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == expected
