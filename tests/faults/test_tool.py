"""What tools/faults.py starts ends with it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.supervisor.engines import wait_for

TOOL = Path(__file__).parents[2] / "tools" / "faults.py"


def below(folder: Path) -> list[str]:
    """Return the commands of the processes that keep their files below a folder."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("TMPDIR", "").startswith(f"{folder}{os.sep}"):
                found.append(" ".join(process.cmdline()))
    return found


@pytest.mark.skipif(os.name == "nt", reason="temporary files are found by TMPDIR")
def test_a_killed_tool_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    """An engine has a session of its own, and would live on."""
    command = [sys.executable, TOOL, "--row", "41"]
    with subprocess.Popen(command, env={**os.environ, "TMPDIR": str(tmp_path)}) as tool:
        wait_for(lambda: any("engine.worker" in command for command in below(tmp_path)), 60.0)
        tool.kill()
    wait_for(lambda: not below(tmp_path), 60.0)
    assert not list(tmp_path.iterdir())
