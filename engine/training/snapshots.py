"""Keeps the weights that someone may look at while a network learns."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from engine.log_lines import Line
from engine.parallel.team import Team
from engine.plan.analysis.infer import InferredLayer
from engine.plan.types import TrainingPlan
from engine.runtime.distributed import Distributed
from engine.store.snapshots import SnapshotStore
from engine.training.observer import Observer
from engine.training.place import Course
from engine.training.probes import probed_weights, snapshot_steps

_steps = lru_cache(maxsize=1)(snapshot_steps)
"""The steps, which are asked for at each one."""


class Snapshots:
    """Snapshots over a ``course`` of a training, in a ``folder``. All ranks make each call."""

    def __init__(
        self,
        folder: Path,
        plan: TrainingPlan,
        layers: Mapping[str, InferredLayer],
        *,
        course: Course,
        shared: Distributed,
        team: Team,
        observer: Observer,
    ) -> None:
        self._store = SnapshotStore(folder)
        self._names = probed_weights(layers, plan.dtype)
        self._course = course
        self._shared = shared
        self._team = team
        self._observer = observer
        self._first = 0

    def begin(self, step: int) -> bool:
        """Count from the run's first snapshot on. Return whether this step is to be that.

        A run that began with another one's checkpoint is shown over its own course, as any other.
        """
        kept = self._store.steps() if self._team.leads else ()
        oldest: int | None = self._team.share(min(kept, default=None), int | None)
        self._first = step if oldest is None else oldest
        return oldest is None

    def is_due(self, step: int) -> bool:
        """Whether there is to be a snapshot after so many steps."""
        return step - self._first in _steps(self._course.total_steps - self._first)

    def keep(self, step: int) -> None:
        """Write a snapshot; a disk that refuses is told of."""
        probed = {name: self._shared.whole(name) for name in self._names}
        try:
            if self._team.leads:
                self._store.write(step, probed)
        except OSError as error:
            self._observer.log(
                "error", Line.SNAPSHOT_NOT_KEPT, step=step, reason=error.strerror or str(error)
            )
        else:
            self._observer.snapshot_kept(step)

    def drop_after(self, step: int) -> None:
        """Remove the snapshots of later steps."""
        self._first = min(self._first, step)
        if self._team.leads:
            self._store.drop_after(step)
