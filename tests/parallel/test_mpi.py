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


@pytest.mark.skipif(MPIEXEC is None, reason="there is no mpiexec")
@pytest.mark.parametrize(("preset", "scheme", "ranks"), [("data", "a", 2), ("hybrid", "c", 3)])
def test_processes_give_the_answer_of_one_device(preset: str, scheme: str, ranks: int) -> None:
    command = [
        str(MPIEXEC),
        "-n",
        str(ranks),
        sys.executable,
        "-m",
        "mpi4py",
        "-m",
        "tests.parallel.mpi_ranks",
    ]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, preset, scheme],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = re.findall(rf"rank \d of {ranks}: (\S+)", done.stdout)
    assert len(found) == ranks
    assert all(float(deviation) <= 1e-10 for deviation in found)
