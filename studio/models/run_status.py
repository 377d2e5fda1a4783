"""The state of a run, from all that tells of it: journal, heartbeat, link, and what was asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from engine.errors import ConvNetError
from engine.protocol.inbox import Link
from engine.protocol.messages import Heartbeat, StateChanged
from engine.protocol.problems import rebuild
from studio.models.run_state import RunState

TESTING_SHOWN_AFTER: Final = 0.5
"""Seconds that a measuring of the error lasts before it is shown: shorter ones would only flicker."""

_ENDED = frozenset({RunState.STOPPED, RunState.FINISHED, RunState.FAILED})


@dataclass(frozen=True)
class Wish:
    """A command that was sent: the state to ``show`` until the engine reports one of ``settled``."""

    show: RunState
    settled: frozenset[RunState]


PAUSE: Final = Wish(RunState.PAUSING, _ENDED | {RunState.PAUSING, RunState.PAUSED, RunState.STOPPING})
RESUME: Final = Wish(
    RunState.PAUSED, _ENDED | {RunState.COMPILING, RunState.TRAINING, RunState.TESTING, RunState.STOPPING}
)
STOP: Final = Wish(RunState.STOPPING, _ENDED | {RunState.STOPPING})


class RunStatus:
    """The state of one run, and its ``cause``; ``state`` is as of the last ``refresh``."""

    def __init__(self, clock: Callable[[], float], state: RunState) -> None:
        self._clock = clock
        self.state = self.reported = self._greeted = state
        self.cause: ConvNetError | None = None
        self.wish: Wish | None = None
        self.beat: Heartbeat | None = None
        self._link = Link.CONNECTING
        self._is_alone = False  # nothing more is to be heard
        self._reported_at = clock()

    def greet(self, state: RunState) -> None:
        """Take the state that whoever answers first tells of."""
        self._greeted = state

    def report(self, change: StateChanged) -> None:
        """Take a state of the journal."""
        self.reported = RunState(change.state.value)
        self._reported_at = self._clock()
        self.cause = None if change.cause is None else rebuild(change.cause)

    def take_link(self, link: Link, problem: ConvNetError | None) -> None:
        """Take how the link to the engine fares."""
        self._link = link
        self._is_alone = link in (Link.DIED, Link.CLOSED)
        if not self.reported.ended:
            self.cause = problem

    def end(self, state: RunState, cause: ConvNetError | None) -> None:
        """Take that no engine will be heard of any more."""
        self.reported, self.cause = state, cause
        self._is_alone = True

    def refresh(self, is_caught_up: bool) -> bool:
        """Find the state anew and return whether it is another; ``is_caught_up``: the journal was read."""
        before, known = self.state, self._known(is_caught_up)
        if self.wish is not None and (known in self.wish.settled or known.ended):
            self.wish = None
        self.state = self._shown(known)
        return self.state is not before

    def _known(self, is_caught_up: bool) -> RunState:
        """The journal's newest state; while older entries are still being read, the engine's own word.

        The journal of a run that was resumed has ends of before.
        """
        if is_caught_up or self._is_alone or (self.beat is None and self._greeted.ended):
            return self.reported
        return self._greeted if self.beat is None else RunState(self.beat.state.value)

    def _shown(self, known: RunState) -> RunState:
        beat, state = self.beat, known
        if known.under_way and self._link is Link.DIED:
            state = RunState.DIED
        elif known.under_way and self._link is Link.NOT_RESPONDING:
            state = RunState.NOT_RESPONDING
        elif known.under_way and beat is not None and not beat.responding:
            state = RunState.HUNG
        elif self.wish is not None:
            state = self.wish.show
        elif known is RunState.TESTING and self._clock() - self._reported_at < TESTING_SHOWN_AFTER:
            state = RunState.TRAINING
        elif known is RunState.TRAINING and beat is not None and beat.slow:
            state = RunState.SLOW
        return state
