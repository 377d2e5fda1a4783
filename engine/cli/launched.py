"""What a command has done by processes of its own, one for each of several devices."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import typer

if TYPE_CHECKING:
    from engine.parallel.team import Team

_Order = TypeVar("_Order", bound=msgspec.Struct)


def ask(module: str, devices: str, order: msgspec.Struct) -> Any:
    """Have a module do what ``order`` says on ``devices``, and return what rank 0 answers, from JSON.

    Raises typer.Exit where it fails, after what the processes wrote.
    """
    from engine.protocol.messages import Site
    from engine.supervisor.launcher import launch_command, worker_environment

    site = Site(devices)
    done = subprocess.run(
        [*launch_command(site, module), msgspec.json.encode(order).decode()],
        env=worker_environment(site),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        raise typer.Exit(1)
    return json.loads(done.stdout.splitlines()[-1])


def answer(kind: type[_Order], work: Callable[[_Order, Team], Any]) -> int:
    """Be one of the processes: do ``work`` as the last argument orders it; returns the exit code."""
    from engine.parallel.team import ALONE, Team

    order = msgspec.json.decode(sys.argv[-1], type=kind)
    team = ALONE
    if "--ranks" in sys.argv:
        from engine.parallel.communicators.mpi import MpiCommunicator

        team = Team(MpiCommunicator())
    answered = work(order, team)
    if team.leads:
        print(json.dumps(answered), flush=True)
    return 0
