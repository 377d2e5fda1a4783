"""The run: brings together what the training process says, what is asked of it, and the journal."""

from __future__ import annotations

import time
from collections import deque

from engine.errors import ConvNetError, RunEndedError, UnexpectedError
from engine.log_lines import Line
from engine.protocol.internal import (
    Beat,
    Command,
    Ended,
    MetricRows,
    Settle,
    Settled,
    WorkerFrame,
    WorkerState,
)
from engine.protocol.log_messages import log_message, output_message
from engine.protocol.messages import (
    CheckpointNow,
    Edit,
    Kill,
    LogLevel,
    Pause,
    Problem,
    Progress,
    RankReading,
    Resume,
    RollBack,
    RunState,
    Scalar,
    Site,
    StateChanged,
    Stop,
    TestNow,
)
from engine.protocol.problems import describe, rebuild
from engine.store.edits import Edits
from engine.supervisor.journal_thread import MOST_WAITING, Flush, JournalThread
from engine.supervisor.pace import Pace
from engine.supervisor.status import RunStatus
from engine.supervisor.worker_process import WorkerProcess

MOST_RESTARTS = 5
"""How often an engine starts a training process in place of one that died."""

_STOP_PATIENCE = 30.0  # s that the engine's end gives the training process for its last checkpoint
_END_PATIENCE = 10.0  # s that the process may take to leave after its last message


RunRequest = Pause | Resume | Stop | CheckpointNow | TestNow | RollBack | Edit | Kill
"""What may be asked of a run that goes on."""


class Run:
    """A run and its training process. ``progress`` is the newest, None before there is any."""

    def __init__(self, worker: WorkerProcess, journal: JournalThread, edits: Edits) -> None:
        """``edits`` are those of the journal so far."""
        self.progress: Progress | None = None
        self.came_to_nothing = False
        """Whether it ended before its first step, for a reason that was told: nothing of it is missed."""
        self._has_trained = False
        self._worker, self._journal, self._edits = worker, journal, edits
        self._status = RunStatus()
        self._told: RunState | None = None
        self._kill_at: float | None = None
        self._restarts = 0
        self._pace = Pace(time.monotonic())
        self._told_slow = False
        self._settles: deque[tuple[int, Settled]] = deque()  # answers, by the number that must be committed

    def start(self, run_folder: str, site: Site, resume: bool) -> None:
        """Start the training process. A run whose process cannot be started has ended, and says why."""
        self._run_folder, self._site = run_folder, site
        try:
            self._worker.start(run_folder, site, resume, self._edits.held)
        except ConvNetError as error:
            self._status.end(RunState.FAILED)
            self.came_to_nothing = not self._restarts
            self._tell(describe(error))

    @property
    def state(self) -> RunState:
        """What the run is doing."""
        return self._status.state

    @property
    def is_responding(self) -> bool:
        """Whether the training process gave a sign of life lately, or has ended as it should."""
        return self.state.ended or self._worker.is_responding

    @property
    def is_slow(self) -> bool:
        """Whether the training process responds, but no step has ended for far longer than usual."""
        return self.state is RunState.TRAINING and self.is_responding and self._pace.is_slow(time.monotonic())

    @property
    def ranks(self) -> tuple[RankReading, ...]:
        """What is known of each rank, where there are several and the run goes on."""
        return () if self.state.ended else self._worker.ranks

    def obey(self, request: RunRequest) -> None:
        """Do what a client asks for; raises RunEndedError."""
        if self.state.ended:
            raise RunEndedError(state=self.state.value)
        match request:
            case Pause():
                self._status.pause()
                self._worker.order(Command("pause"))
            case Resume():
                self._status.resume()
                self._worker.order(Command("resume"))
            case Stop():
                self._status.stop()
                self._worker.order(Command("stop"))
            case CheckpointNow():
                self._worker.order(Command("checkpoint"))
            case TestNow():
                self._worker.order(Command("test"))
            case RollBack() | Edit():
                self._worker.order(request)
            case Kill():
                self._worker.kill("it was ended by force, as asked for")
        self._tell()

    def shut_down(self) -> None:
        """Stop the run if it goes on; end its process by force if that takes too long."""
        if not self.state.ended and self._kill_at is None:
            self.obey(Stop())
            self._kill_at = time.monotonic() + _STOP_PATIENCE

    def log(self, level: LogLevel, line: Line, cause: ConvNetError | None = None, **fields: Scalar) -> None:
        """Put a line into the log."""
        self._journal.append(log_message(level, line, cause, **fields))

    def turn(self) -> None:
        """Do what is due."""
        if self.state.ended:
            return
        self._tell()
        # While the disk does not keep up, messages wait in the socket, and then the training process.
        if self._journal.backlog < MOST_WAITING:
            for message in self._worker.receive():
                self._take(message)
        else:
            self._worker.leave_unheard()
        self._settle()
        self._log_output()
        self._warn_if_slow()
        self._worker.end_hung()
        if self._kill_at is not None and time.monotonic() > self._kill_at:
            self._kill_at = None
            self._worker.kill("it did not end in time, and was ended by force")
        if self._worker.is_over():
            self._end()

    def _take(self, message: WorkerFrame) -> None:
        match message:
            case Beat():
                pass
            case WorkerState(state):
                self._has_trained = self._has_trained or state is RunState.TRAINING
                self._pace.rest(time.monotonic())
                self._status.report(state)
                self._tell()
            case Progress():
                self._pace.step(message.step, time.monotonic())
                self.progress = message
            case MetricRows(rows):
                for row in rows:
                    self._journal.append(row)
            case Settle(number):
                self._settles.append((self._journal.appended, Settled(number)))
                self._journal.ask(Flush())
            case Ended():
                self._kill_at = time.monotonic() + _END_PATIENCE
            case _:
                self._edits.take(message)
                self._journal.append(message)

    def _settle(self) -> None:
        """Tell the training process what is in the journal. A disk that refuses must not stop it."""
        while self._settles and (
            self._settles[0][0] <= self._journal.committed or self._journal.problem is not None
        ):
            self._worker.order(self._settles.popleft()[1])

    def _warn_if_slow(self) -> None:
        was_told, self._told_slow = self._told_slow, self.is_slow
        if self._told_slow and not was_told:
            seconds = self._pace.waited(time.monotonic())
            self.log("warning", Line.SLOW, seconds=seconds)

    def _log_output(self) -> None:
        while not self._worker.output.empty():
            self._journal.append(output_message(self._worker.output.get()))

    def _end(self) -> None:
        self._worker.finish_output()
        self._log_output()
        ended = self._worker.ended
        if ended is not None:
            self._status.end(RunState(ended.outcome))
            is_fault = ended.cause is not None and ended.cause.code == UnexpectedError.__name__
            self.came_to_nothing = not self._has_trained and not is_fault
            self._tell(ended.cause)
        elif not self._restarts and (cause := self._worker.failed_start()) is not None:
            self._status.end(RunState.FAILED)
            self.came_to_nothing = True
            self._tell(cause)
        elif self._restarts < MOST_RESTARTS and not self._status.is_stopping:
            self._restart(self._worker.cause_of_death())
        else:
            self._status.end(RunState.FAILED)
            self._tell(self._worker.cause_of_death())

    def _restart(self, cause: Problem) -> None:
        """Let another process take up at the last checkpoint."""
        self._restarts += 1
        self._settles.clear()
        self._status.restart()
        self._tell(cause)
        self.log("warning", Line.RESTARTED, rebuild(cause), number=self._restarts, most=MOST_RESTARTS)
        self.start(self._run_folder, self._site, resume=True)
        if not self.state.ended and self._status.is_pausing:
            self._worker.order(Command("pause"))

    def _tell(self, cause: Problem | None = None) -> None:
        # A process that dies before it said anything leaves the state at "restarting": its cause is news.
        if self.state != self._told or cause is not None:
            self._told = self.state
            self._journal.append(StateChanged(time.time(), self.state, cause))
