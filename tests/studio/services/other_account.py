"""A studio of another account than the engines': a program for a test, which starts it as root.

``python -m tests.studio.services.other_account UID PROGRAM FORBIDDEN SSH_OPTION...`` trains the digits for a
moment on the computer that ssh calls "computer", and prints what it saw as JSON.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from engine.graph.examples import load_example
from engine.version import program_version
from studio.models.document import Document
from studio.models.run import RunModel
from studio.models.run_state import RunState
from studio.services.computer import Presence, RemoteComputer
from studio.services.engine_process import EngineProcesses
from studio.services.ssh import Address, Ssh

LATE = ("encodings.idna", "glob", "resource")
"""Modules that others import when they are needed; the interpreter's files may be out of reach by then."""


class Seen(msgspec.Struct, frozen=True):
    """What the studio saw."""

    user: int  # its own
    engine_user: str
    is_kept_out: bool  # of the engines' folder
    run_folder: str
    steps: list[int]


def main() -> None:
    """Be that studio."""
    user, program, forbidden, *options = sys.argv[1:]
    document = Document()
    document.new(load_example("digits"), "digits.convnet")
    program_version()
    for module in LATE:
        importlib.import_module(module)
    os.setgroups([])
    os.setgid(int(user))
    os.setuid(int(user))
    computer = RemoteComputer(Address.parse("computer", program), lambda: None, Ssh(tuple(options)))
    computer.connect()
    wait_for(lambda: computer.status.presence is not Presence.CONNECTING)
    assert computer.status.about is not None, computer.status.problem
    run = RunModel(EngineProcesses(lambda: None))
    run.train(document, on=computer)
    wait_for(
        lambda: run.update() or (run.can_pause and len(run.record.metrics["train"]) > 3) or run.state.ended
    )
    run.stop()
    wait_for(lambda: run.update() or run.state.ended)
    assert run.state is RunState.STOPPED, run.cause
    steps = [int(step) for step in run.record.metrics["train"].column("step")]
    try:
        os.listdir(forbidden)
        is_kept_out = False
    except PermissionError:
        is_kept_out = True
    folder = str(Path(run.record.run_folder or ""))
    seen = Seen(os.getuid(), computer.status.about.user, is_kept_out, folder, steps)
    print(msgspec.json.encode(seen).decode())
    run.detach()
    time.sleep(0.5)
    computer.disconnect()


def wait_for(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


if __name__ == "__main__":
    main()
