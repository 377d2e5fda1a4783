"""Joins the ranks that a launcher of MPI has started."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable

from engine.parallel.communicators.mpi import MpiCommunicator
from engine.parallel.team import Team
from engine.protocol.internal import Beat, WorkerStart


def join(read_start: Callable[[], WorkerStart]) -> tuple[Team, WorkerStart, list[Beat]]:
    """Return the ranks, what rank 0 has read, and the beats of those that are on other computers.

    They cannot reach the engine, which listens to its own computer alone; they live and die with rank 0.
    """
    team = Team(MpiCommunicator())
    own = Beat(team.line.rank, os.getpid(), platform.node())
    beats = team.gather(own, Beat)
    given = (read_start(), [beat for beat in beats if beat.host != own.host]) if team.leads else None
    shared = team.share(given, tuple[WorkerStart, list[Beat]])
    assert shared is not None
    start, far = shared
    return team, start, far
