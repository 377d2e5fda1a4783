"""What the run is doing, from what the training process says and what was asked of it."""

from __future__ import annotations

from engine.protocol.messages import RunState


class RunStatus:
    """The state of a run. What was asked for shows until the training process has done it."""

    def __init__(self) -> None:
        self._reported = RunState.STARTING
        self._asked: RunState | None = None  # PAUSING or STOPPING
        self._end: RunState | None = None

    @property
    def state(self) -> RunState:
        """What is true now."""
        if self._end is not None:
            return self._end
        if self._reported is RunState.RESTARTING and not self.is_stopping:
            return RunState.RESTARTING
        if self._asked is None or (self._asked, self._reported) == (RunState.PAUSING, RunState.PAUSED):
            return self._reported
        return self._asked

    @property
    def is_stopping(self) -> bool:
        """Whether a stop was asked for."""
        return self._asked is RunState.STOPPING

    @property
    def is_pausing(self) -> bool:
        """Whether a pause was asked for, be it true by now or not."""
        return self._asked is RunState.PAUSING

    def report(self, state: RunState) -> None:
        """The training process says what it does."""
        self._reported = state

    def pause(self) -> None:
        """A pause was asked for; in vain after a stop."""
        if not self.is_stopping:
            self._asked = RunState.PAUSING

    def resume(self) -> None:
        """An end of the pause was asked for."""
        if self.is_pausing:
            self._asked = None

    def stop(self) -> None:
        """A stop was asked for."""
        self._asked = RunState.STOPPING

    def restart(self) -> None:
        """The training process has gone, and another is being started. What was asked for stays asked for."""
        self._reported = RunState.RESTARTING

    def end(self, state: RunState) -> None:
        """The training process has gone; ``state`` says how the run ended."""
        self._end = state
