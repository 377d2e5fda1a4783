"""The states of a run as the studio shows them."""

from __future__ import annotations

from enum import StrEnum


class RunState(StrEnum):
    """What is known of the run: the engine's own states, and what only the studio can see."""

    NONE = "none"  # nothing was trained yet
    SENDING = "sending"  # data are on their way to the computer that shall train
    STARTING = "starting"
    COMPILING = "compiling"
    TRAINING = "training"
    TESTING = "testing"
    PAUSING = "pausing"
    PAUSED = "paused"
    STOPPING = "stopping"
    RESTARTING = "restarting"  # the training process died; another takes up at the last checkpoint
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"
    SLOW = "slow"  # training, but no step has ended for far longer than usual
    HUNG = "hung"  # the training process is there, but silent; the engine answers
    NOT_RESPONDING = "not responding"  # the engine is there, but silent
    DIED = "died"  # the engine went without saying so

    @property
    def ended(self) -> bool:
        """Whether the run takes no more commands."""
        return self in (RunState.STOPPED, RunState.FINISHED, RunState.FAILED, RunState.DIED)

    @property
    def under_way(self) -> bool:
        """Whether an engine works on the run, as far as is known."""
        return self is not RunState.NONE and not self.ended

    @property
    def advancing(self) -> bool:
        """Whether training time passes."""
        return self.working or self in (RunState.PAUSING, RunState.STOPPING)

    @property
    def working(self) -> bool:
        """Whether it trains, and nothing else was asked for."""
        return self in (RunState.TRAINING, RunState.TESTING, RunState.SLOW)
