"""One engine for all tests that do it no harm: starting one takes a second."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from engine.protocol.launch import LaunchedEngine
from tests.supervisor.engines import running

_end = ExitStack()
_engines: list[LaunchedEngine] = []


def engine() -> LaunchedEngine:
    """Return an engine that trains until ``end``."""
    if not _engines or _engines[0].process.poll() is not None:
        folder = _end.enter_context(tempfile.TemporaryDirectory())
        _engines[:] = [_end.enter_context(running(Path(folder, "run"), "steps 10000000"))]
    return _engines[0]


def end() -> None:
    """End the engine, if there is one."""
    _engines.clear()
    _end.close()
