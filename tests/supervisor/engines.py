"""Engines for tests: real processes, in which only the trainer is a fake."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from engine.graph import network_file
from engine.graph.network_file import NetworkFile
from engine.protocol.client import Client
from engine.protocol.inbox import Event, Link, LinkChanged
from engine.protocol.internal import ResumeRun, ServeRun, StartRun
from engine.protocol.launch import LaunchedEngine, launch
from engine.protocol.messages import Entries, Entry, Heartbeat, RunState, StateChanged

FAKE_TRAINING = Path(__file__).parent / "fake_training"
LINGER = 30.0  # s
PATIENCE = 25.0
"""s that anything may take where a machine does much else; what must be quick is timed. Less than LINGER:
then an engine leaves by itself."""


def start(folder: Path | None, what: str, linger: float = LINGER) -> LaunchedEngine:
    """Start an engine whose training does ``what``; see fake_trainer. Without a folder it makes one."""
    text = network_file.dumps(NetworkFile())
    return launch(StartRun(text, what, "/", None if folder is None else str(folder), "cpu", linger))


@contextlib.contextmanager
def running(folder: Path | None, what: str, linger: float = LINGER) -> Iterator[LaunchedEngine]:
    """Start an engine; end it, by force if need be, with its training process."""
    with ending(start(folder, what, linger)) as engine:
        yield engine


@contextlib.contextmanager
def resumed(folder: Path) -> Iterator[LaunchedEngine]:
    """Go on with the run in a folder."""
    with ending(launch(ResumeRun(str(folder), None, LINGER))) as engine:
        yield engine


@contextlib.contextmanager
def served(folder: Path) -> Iterator[LaunchedEngine]:
    """Serve the ended run in a folder."""
    with ending(launch(ServeRun(str(folder), LINGER))) as engine:
        yield engine


@contextlib.contextmanager
def ending(engine: LaunchedEngine) -> Iterator[LaunchedEngine]:
    """End an engine at last, whatever state it is in."""
    try:
        yield engine
    finally:
        if engine.process.poll() is None:
            workers = psutil.Process(engine.process.pid).children()
            engine.process.kill()
            for worker in workers:
                with contextlib.suppress(psutil.NoSuchProcess):
                    worker.kill()
        engine.process.wait()


def worker_of(engine: LaunchedEngine) -> psutil.Process:
    """Return the training process of an engine."""
    (worker,) = psutil.Process(engine.process.pid).children()
    return worker


def entries_until(client: Client, is_last: Callable[[Entry], bool], seconds: float = PATIENCE) -> list[Entry]:
    """Poll until an entry comes that is the last; return all, having checked their numbers."""
    found: list[Entry] = []
    first: int | None = None
    for event in events(client, seconds):
        if isinstance(event, Entries):
            first = event.first if first is None else first
            assert event.first == first + len(found), "a gap or a duplicate"
            found += event.entries
            if any(is_last(entry) for entry in event.entries):
                return found
    raise AssertionError(f"not in {seconds} s: {found[-5:]}")


def heartbeat_where(
    client: Client,
    holds: Callable[[Heartbeat], bool],
    seconds: float = PATIENCE,
    entries: list[Entry] | None = None,
) -> Heartbeat:
    """Poll until a heartbeat comes for which something holds; ``entries`` takes the entries until then."""
    seen = None
    for event in events(client, seconds):
        if isinstance(event, Entries) and entries is not None:
            entries += event.entries
        if isinstance(event, Heartbeat):
            seen = event
            if holds(event):
                return event
    raise AssertionError(f"not in {seconds} s: {seen}")


def link_change(client: Client, link: Link, seconds: float = PATIENCE) -> LinkChanged:
    """Poll until the link to the engine is said to stand like that."""
    for event in events(client, seconds):
        if isinstance(event, LinkChanged) and event.link is link:
            return event
    raise AssertionError(f"not in {seconds} s")


def events(client: Client, seconds: float) -> Iterator[Event]:
    """Yield a client's events for some time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        event = client.poll(0.1)
        if event is not None:
            yield event


def wait_for(holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not in {seconds} s"
        time.sleep(0.02)


def has_ended(entry: Entry) -> bool:
    """Whether an entry says that the run has ended."""
    return isinstance(entry, StateChanged) and entry.state.ended


def is_state(state: RunState) -> Callable[[Entry], bool]:
    """Return whether an entry says that the run is in ``state``."""
    return lambda entry: isinstance(entry, StateChanged) and entry.state is state
