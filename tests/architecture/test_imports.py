"""The house holds: who may import whom, and how little a start imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {"numpy", "networkx", "zmq", "msgspec", "safetensors", "psutil", "PySide6", "pyqtgraph", "cupy"}


def imported_by(statement: str) -> set[str]:
    """Return the top-level packages that a fresh interpreter has after ``statement``."""
    code = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return set(result.stdout.split())


def test_import_rules_hold() -> None:
    """The contracts of .importlinter hold, transitively."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("module", ["engine", "engine.errors", "engine.cli.__main__", "kernels"])
def test_importing_is_cheap(module: str) -> None:
    """Importing these brings none of the heavy packages along."""
    assert not imported_by(f"import {module}") & HEAVY


def test_models_and_services_need_no_qt() -> None:
    """All of studio but studio.qt can be imported, and used, without Qt."""
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for folder in ("models", "services")
        for path in sorted((ROOT / "studio" / folder).glob("*.py"))
    ]
    assert not imported_by(f"import {', '.join(modules)}") & {"PySide6", "pyqtgraph", "shiboken6"}
