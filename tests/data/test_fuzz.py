"""The readers survive damaged and hostile files: a short form of tools/fuzz_data.py."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory and counts it as Linux does")
def test_mutants_of_all_kinds_are_taken_or_refused() -> None:
    command = [sys.executable, ROOT / "tools" / "fuzz_data.py", "--mutants", "60", "--seed", "7"]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    lines = result.stdout.splitlines()
    assert len(lines) == 12
    assert all(line.endswith(" 0 wrong") for line in lines)
