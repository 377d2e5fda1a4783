"""Whatever the way it was started, an engine listens on loopback alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from engine.protocol.client import Client
from engine.protocol.launch import LaunchedEngine
from engine.protocol.messages import Shutdown
from tests.faults import shared
from tests.faults.outcome import Outcome
from tests.supervisor.engines import PATIENCE, resumed, running, served

ROW, FAULT, FULL = "21", "exposure", 3


def wildcards(engine: LaunchedEngine) -> int:
    """Return how many addresses beside loopback an engine's processes have."""
    process = psutil.Process(engine.process.pid)
    entries = [e for p in (process, *process.children()) for e in p.net_connections("inet")]
    assert len(entries) >= 3
    return sum(entry.laddr.ip != "127.0.0.1" for entry in entries)


@contextmanager
def launched(mode: str, folder: Path) -> Iterator[LaunchedEngine]:
    """Start an engine: for a new run, a resumed one, or one that has ended."""
    if mode == "train":
        yield shared.engine()
        return
    with running(folder, "steps 5") as engine, Client(engine.connection) as client:
        client.connect()
        client.request(Shutdown())
        engine.process.wait(PATIENCE)
    with resumed(folder) if mode == "resume" else served(folder) as engine:
        yield engine


def body(count: int, folder: Path) -> Outcome:
    """List the sockets of the first ``count`` ways to start an engine."""
    found = {}
    for mode in ("train", "resume", "serve")[:count]:
        with launched(mode, folder / mode) as engine:
            found[mode] = wildcards(engine)
    measured = f"{sum(found.values())} wildcard addresses"
    return Outcome(count, sum(number == 0 for number in found.values()), "loopback alone", measured)


def test_only_loopback_is_listened_on(tmp_path: Path) -> None:
    assert body(3, tmp_path).holds
