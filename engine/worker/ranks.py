"""Joins the ranks that a launcher of MPI has started."""

from __future__ import annotations

import platform
from collections.abc import Callable

from engine.parallel.communicators.mpi import MpiCommunicator
from engine.parallel.team import Team
from engine.protocol.internal import WorkerStart


def join(read_start: Callable[[], WorkerStart]) -> tuple[Team, WorkerStart, bool]:
    """Return the ranks, what rank 0 has read, and whether this rank is on the engine's machine, as rank 0 is.

    Only from there can it reach the engine, which listens to nobody else; others live and die with rank 0.
    """
    team = Team(MpiCommunicator())
    given = (read_start(), platform.node()) if team.leads else None
    shared = team.share(given, tuple[WorkerStart, str])
    assert shared is not None
    start, host = shared
    return team, start, platform.node() == host
