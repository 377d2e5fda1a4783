"""Following a run: what its engine sends goes to the record and to the status."""

from __future__ import annotations

import time
from collections.abc import Callable

from engine.errors import ConvNetError
from engine.graph.network_file import NetworkFile
from engine.protocol.inbox import LinkChanged
from engine.protocol.messages import Entries, GetNetwork, Heartbeat, Overview, Request, Welcome
from engine.protocol.problems import rebuild
from studio.models.run_events import RunEvents
from studio.models.run_line import RunLine, Then
from studio.models.run_record import RunRecord
from studio.models.run_state import RunState
from studio.models.run_status import RunStatus
from studio.services.link import (
    Answered,
    Arrival,
    EngineLink,
    Engines,
    LocalEngines,
    NotStarted,
    Sending,
)


class RunFollower(RunEvents):
    """One run at a time: ``record`` is what is known of it. ``update`` takes in what the link has brought."""

    def __init__(self, engines: LocalEngines, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._here = engines
        self._engines: Engines = engines  # of the computer that the run is on
        self._clock = clock
        self.record = RunRecord(self, clock)
        self._status = RunStatus(clock, RunState.NONE)
        self._line: RunLine | None = None

    @property
    def state(self) -> RunState:
        """What the run does, as far as is known."""
        return self._status.state

    @property
    def cause(self) -> ConvNetError | None:
        """Why the run is in its state; None: for no special reason."""
        return self._status.cause

    @property
    def is_here(self) -> bool:
        """Whether the run is on this computer, as far as is known."""
        return self._engines is self._here

    @property
    def is_caught_up(self) -> bool:
        """Whether all is here that the journal had at the newest heartbeat."""
        beat = self._status.beat
        return beat is not None and self.record.sequence >= beat.last_sequence

    @property
    def elapsed(self) -> float | None:
        """Seconds of training so far, without pauses; None: not begun."""
        seconds = self.record.seconds
        if seconds is not None and self.state.advancing:
            seconds += self._clock() - self.record.row_at
        return seconds

    def _follow(
        self,
        engines: Engines,
        reach: Callable[[], EngineLink],
        name: str,
        device: str = "",
        network: NetworkFile | None = None,
    ) -> None:
        """Leave the run and follow the one on ``engines`` whose link ``reach`` returns."""
        self.detach()
        self.record = RunRecord(self, self._clock, name, device, network)
        self._status = RunStatus(self._clock, RunState.STARTING)
        self._news = [self.run_replaced, self.state_changed]
        self._engines = engines
        self._line = RunLine(reach())
        self._announce()

    def detach(self) -> None:
        """Leave the engine. It goes on by itself; one whose run has ended has nothing more to do."""
        if self._line is not None:
            self._line.close(dismiss=self._status.reported.ended)
            self._line = None

    def ask(self, request: Request, then: Then) -> bool:
        """Send a request and call ``then`` with its answer or with why there is none.

        Returns False where no engine is attached. ``then`` is not called once the run was replaced.
        """
        if self._line is None:
            return False
        self._line.ask(request, then)
        return True

    def update(self) -> None:
        """Take in what has arrived. Each event is emitted at most once."""
        for arrival in self._line.drain() if self._line is not None else ():
            self._take(arrival)
        self._refresh()

    def _refresh(self) -> None:
        if self._status.refresh(self.is_caught_up):
            self.note(self.state_changed)
        self._announce()

    def _take(self, arrival: Arrival) -> None:
        match arrival:
            case Entries():
                for change in self.record.take_entries(arrival):
                    self._status.report(change)
            case Overview():
                for change in self.record.take_overview(arrival):
                    self._status.report(change)
            case Heartbeat():
                self._take_heartbeat(arrival)
            case LinkChanged(link, problem):
                self._status.take_link(link, problem)
            case Answered():
                if self._line is not None:
                    self._line.hand_on(arrival)
            case Welcome():
                self._take_welcome(arrival)
            case Sending():
                self.record.take_sending(arrival)
                self._status.greet(RunState.SENDING)
            case NotStarted(cause):
                self._status.end(RunState.FAILED, cause)

    def _take_welcome(self, welcome: Welcome) -> None:
        self.record.take_welcome(welcome)
        self._status.greet(RunState(welcome.state.value))
        self.note(self.state_changed)
        if self.record.network is None:
            self.ask(GetNetwork(), self.record.take_network)

    def _take_heartbeat(self, beat: Heartbeat) -> None:
        known = None if self._status.beat is None else self._status.beat.problem
        if beat.problem is not None and beat.problem != known:
            self.refused.emit(rebuild(beat.problem))
        self._status.beat = beat
        self.record.take_heartbeat(beat)
