"""A rank's death is told before the process that minds it ends, which takes the rank along."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from engine.parallel import minder
from engine.parallel.minder import Death
from tests.supervisor.engines import wait_for

_RANK = """
import sys, os
from pathlib import Path
from engine.parallel.minder import mind
mind(Path(sys.argv[1]))
print(os.getpid(), flush=True)
sys.exit(int(input()))
"""


def minded(first_death: Path, rank: int = 2) -> tuple[subprocess.Popen[str], int]:
    """Start a rank that ends as it is told; return its minder, and its pid."""
    process = subprocess.Popen(
        [sys.executable, "-c", _RANK, str(first_death)],
        env={**os.environ, "PMI_RANK": str(rank)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def test_a_rank_that_ends_well_leaves_no_word(tmp_path: Path) -> None:
    process, _ = minded(tmp_path / "death")
    process.communicate("0\n")
    assert process.returncode == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("code", [1, 4])
def test_a_rank_that_fails_is_told_of_with_its_exit_code(tmp_path: Path, code: int) -> None:
    process, pid = minded(tmp_path / "death")
    process.communicate(f"{code}\n")
    assert process.returncode == code
    assert minder.read(tmp_path / "death") == Death(2, pid, code)
    assert [file.name for file in tmp_path.iterdir()] == ["death"]


def test_a_rank_that_is_killed_is_told_of_with_the_signal(tmp_path: Path) -> None:
    process, pid = minded(tmp_path / "death")
    os.kill(pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == 128 + signal.SIGKILL
    assert minder.read(tmp_path / "death") == Death(2, pid, -signal.SIGKILL)


def test_only_the_first_is_told_of(tmp_path: Path) -> None:
    process, first = minded(tmp_path / "death")
    process.communicate("3\n")
    other, _ = minded(tmp_path / "death", rank=1)
    other.communicate("5\n")
    assert other.returncode == 5
    assert minder.read(tmp_path / "death") == Death(2, first, 3)


@pytest.mark.skipif(sys.platform != "linux", reason="the launcher is trusted with it elsewhere")
def test_a_rank_ends_with_its_minder_and_is_not_blamed(tmp_path: Path) -> None:
    process, pid = minded(tmp_path / "death")
    process.kill()
    process.communicate()
    wait_for(lambda: not psutil.pid_exists(pid))
    assert minder.read(tmp_path / "death") is None


def test_without_word_nothing_is_read(tmp_path: Path) -> None:
    assert minder.read(tmp_path / "death") is None
    (tmp_path / "death").write_text("{")
    assert minder.read(tmp_path / "death") is None
