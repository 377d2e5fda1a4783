"""How far a training goes back after a number that is not finite, and when there is no more use in it."""

from __future__ import annotations

from engine.errors import NotFiniteError
from engine.training.keeper import CheckpointKeeper

MOST_ROLL_BACKS = 5
"""How often a training goes back by itself after a number that is not finite."""


class Recovery:
    """Chooses checkpoints of a ``keeper``: one before the last if the same step fails again.

    The last one may hold weights that are finite yet, but beyond help.
    """

    def __init__(self, keeper: CheckpointKeeper, interval: int) -> None:
        """``interval``: steps between two checkpoints."""
        self._keeper = keeper
        self._interval = interval
        self._times = 0
        self._gone_back_to: dict[int, int] = {}  # from which step to which

    def choose(self, error: NotFiniteError) -> int:
        """Return the step that a checkpoint is wanted of, or of one before; raise ``error`` if none helps."""
        step = at_most = _step(error)
        if step in self._gone_back_to:
            at_most = self._gone_back_to[step] - 1
            if not self._can_go_back(at_most):
                raise error
        if self._times == MOST_ROLL_BACKS:
            raise error
        self._times += 1
        return at_most

    def went_back(self, error: NotFiniteError, step: int) -> None:
        """Remember where training went on from after ``error``."""
        self._gone_back_to[_step(error)] = step

    def _can_go_back(self, at_most: int) -> bool:
        """Whether there is a checkpoint, or the start is no further away than one would be."""
        return 0 <= at_most < self._interval or self._keeper.find(at_most) is not None


def _step(error: NotFiniteError) -> int:
    return int(str(error.fields["step"]))
