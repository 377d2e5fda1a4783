"""The training that the studio watches: its state, its figures, and the commands that it takes."""

from __future__ import annotations

import math
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.errors import ConvNetError
from engine.graph.network_file import NetworkFile, dumps, loads
from engine.layers.data import Data
from engine.protocol.inbox import Link, LinkChanged
from engine.protocol.library import RunCard
from engine.protocol.messages import (
    Answer,
    CheckpointNow,
    Device,
    Edit,
    Entries,
    Entry,
    Fork,
    GetNetwork,
    GetWeights,
    Heartbeat,
    Kill,
    LogLine,
    MetricRow,
    Network,
    Pause,
    Progress,
    RankReading,
    Request,
    Resume,
    Rewound,
    RollBack,
    Setting,
    SnapshotKept,
    StateChanged,
    Stop,
    TestNow,
    Welcome,
)
from engine.protocol.problems import rebuild
from studio.models.health import Health
from studio.models.marks import Marks
from studio.models.metrics import SPLITS, Metrics
from studio.models.observable import Event
from studio.models.run_state import RunState
from studio.services.link import (
    Answered,
    Arrival,
    EngineLink,
    Engines,
    LocalEngines,
    NotStarted,
    Sending,
    TrainingOrder,
)

if TYPE_CHECKING:
    from studio.models.document import Document

LOG_LINES: Final = 10_000
"""Lines of the log that are kept to be looked at; the run folder holds all of them."""

TESTING_SHOWN_AFTER: Final = 0.5
"""Seconds that a measuring of the error lasts before it is shown: shorter ones would only flicker."""

LogEntry = LogLine | StateChanged
"""What the log tells of: the engine's own lines, and its states."""

_ALTERNATING = frozenset({RunState.TRAINING.value, RunState.TESTING.value})

_ENDED = frozenset({RunState.STOPPED, RunState.FINISHED, RunState.FAILED})


@dataclass(frozen=True)
class _Wish:
    """A command that was sent: the state to ``show`` until the engine reports one of ``settled``."""

    show: RunState
    settled: frozenset[RunState]


_PAUSE = _Wish(RunState.PAUSING, _ENDED | {RunState.PAUSING, RunState.PAUSED, RunState.STOPPING})
_RESUME = _Wish(
    RunState.PAUSED, _ENDED | {RunState.COMPILING, RunState.TRAINING, RunState.TESTING, RunState.STOPPING}
)
_STOP = _Wish(RunState.STOPPING, _ENDED | {RunState.STOPPING})


class RunModel:
    """One run at a time, as its engine tells of it. Used on the main thread only.

    ``update`` takes in what the link has brought; commands send a request and return at once. After
    ``run_replaced`` all figures are those of another run.
    """

    def __init__(self, engines: LocalEngines, clock: Callable[[], float] = time.monotonic) -> None:
        self.run_replaced: Event[[]] = Event()
        self.state_changed: Event[[]] = Event()
        self.progress_changed: Event[[]] = Event()
        self.metrics_added: Event[[]] = Event()
        self.snapshots_added: Event[[]] = Event()
        self.marks_changed: Event[[]] = Event()
        self.health_changed: Event[[]] = Event()
        self.devices_changed: Event[[]] = Event()
        self.log_added: Event[[]] = Event()
        self.refused: Event[[ConvNetError]] = Event()
        self._here = engines
        self._engines: Engines = engines  # of the computer that the run is on
        self._clock = clock
        self._forget()

    def _forget(self) -> None:
        self.state = RunState.NONE
        self.cause: ConvNetError | None = None
        self.name = ""
        self.device = ""
        self.run_id: str | None = None
        self.run_folder: str | None = None
        self.network: NetworkFile | None = None
        self.sending: Sending | None = None
        self.progress: Progress | None = None
        self.metrics = Metrics()
        self.snapshots: list[int] = []
        self.marks = Marks()
        self.health = Health()
        self.ranks: tuple[RankReading, ...] = ()
        self.devices: tuple[Device, ...] = ()
        self.log: deque[LogEntry] = deque(maxlen=LOG_LINES)
        self.log_total = 0  # lines so far, those included that are not kept any more
        self._link: EngineLink | None = None
        self._link_state = Link.CONNECTING
        self._is_alone = False  # nothing more is to be heard
        self._callbacks: dict[int, Callable[[Answer | ConvNetError], None]] = {}
        self._reported = self._greeted = RunState.NONE
        self._wish: _Wish | None = None
        self._beat: Heartbeat | None = None
        self._row_at = self._reported_at = self._clock()
        self._sequence = 0
        self._news: list[Event[[]]] = []

    # ---- What is known ----------------------------------------------------------------------------------

    @property
    def is_here(self) -> bool:
        """Whether the run is on this computer, as far as is known."""
        return self._engines is self._here

    @property
    def can_train(self) -> bool:
        """Whether another training may begin."""
        return not self.state.under_way

    @property
    def can_pause(self) -> bool:
        """Whether ``pause`` makes sense now."""
        return self._wish is None and self.state.working

    @property
    def can_resume(self) -> bool:
        """Whether ``resume`` makes sense now."""
        return self._wish is None and self.state is RunState.PAUSED

    @property
    def can_stop(self) -> bool:
        """Whether ``stop`` makes sense now."""
        return self.state.under_way and self._wish is not _STOP and self.state is not RunState.STOPPING

    @property
    def can_checkpoint(self) -> bool:
        """Whether ``checkpoint`` makes sense now."""
        return self.state.working or self.state is RunState.PAUSED

    @property
    def can_kill(self) -> bool:
        """Whether ``kill`` makes sense now."""
        return self.state in (RunState.HUNG, RunState.NOT_RESPONDING)

    @property
    def can_take_up(self) -> bool:
        """Whether there is something that ``take_up`` could go on with."""
        has_begun = any(len(self.metrics[split]) for split in SPLITS) or bool(self.snapshots)
        is_unfinished = self.state.ended and self.state is not RunState.FINISHED
        return is_unfinished and has_begun and self.run_id is not None

    @property
    def is_caught_up(self) -> bool:
        """Whether all is here that the journal had at the newest heartbeat."""
        return self._beat is not None and self._sequence >= self._beat.last_sequence

    @property
    def steps_per_epoch(self) -> float | None:
        """Steps of one pass over the training split; None: not known yet."""
        if self.progress is None or self.progress.epochs == 0:
            return self.metrics.steps_per_epoch
        return self.progress.total_steps / self.progress.epochs or None

    @property
    def checkpoints(self) -> list[int]:
        """Steps of the checkpoints that are still there, as far as the network's settings tell."""
        if self.network is None:
            return []
        training = self.network.training
        return self.marks.kept(training.keep_checkpoints, self.best_step if training.keep_best else None)

    @property
    def best_step(self) -> int | None:
        """Step of the least validation error so far; None: not measured yet."""
        return self.metrics["validation"].least("error")

    def setting(self, setting: Setting) -> float | None:
        """Return what a setting is now; None: not known yet."""
        return None if self.network is None else self.marks.value(setting, self.network.training)

    @property
    def trained_bytes(self) -> int | None:
        """Bytes of the pictures that were trained on, all epochs together; None: not known yet."""
        examples = self.metrics.last("train", "examples")
        if self.network is None or examples is None:
            return None
        layers = self.network.graph.layers().values()
        sizes = [math.prod(layer.size) * layer.channels for layer in layers if isinstance(layer, Data)]
        return int(examples) * sizes[0] if sizes else None

    @property
    def elapsed(self) -> float | None:
        """Seconds of training so far, without pauses; None: not begun."""
        lasts = [self.metrics.last(split, "seconds") for split in SPLITS]
        seconds = max((last for last in lasts if last is not None), default=None)
        if seconds is not None and self.state.advancing:
            seconds += self._clock() - self._row_at
        return seconds

    # ---- Commands ---------------------------------------------------------------------------------------

    def train(self, document: Document, device: str = "cpu", on: Engines | None = None) -> None:
        """Train the network as it is now, saved or not: ``on`` another computer, or here.

        The file is left alone.
        """
        name = Path(document.name).stem
        order = TrainingOrder(dumps(document.network), name, str(document.base_folder()), device)
        self._start(order, on or self._here)

    def train_network(self, network: NetworkFile, name: str, base: str, device: str) -> None:
        """Start an engine that trains a network whose data path is relative to the folder ``base``."""
        self._start(TrainingOrder(dumps(network), name, base, device), self._here)

    def fork(self, network: NetworkFile, step: int, device: str, base: str = "") -> None:
        """Start another run at a checkpoint of this one, which is left. The folder ``base`` is as of now."""
        assert self.run_folder is not None
        fork = Fork(self.run_folder, step)
        self._start(TrainingOrder(dumps(network), self.name, base, device, fork), self._engines)

    def _start(self, order: TrainingOrder, engines: Engines) -> None:
        self._begin(order.name)
        self._engines = engines
        self.network = loads(order.network)
        self.device = order.device
        self._link = self._engines.start(order)
        self._announce()

    def attach(self, connection: Path) -> None:
        """Follow the run of the engine with this connection file."""
        self.watch(self._here, lambda: self._here.attach(connection))

    def watch(self, engines: Engines, reach: Callable[[], EngineLink]) -> None:
        """Follow the run on a computer whose link ``reach`` returns."""
        self._begin("")
        self._engines = engines
        self._link = reach()
        self._announce()

    def look_at(self, card: RunCard) -> None:
        """Follow the run of a card: its engine, or another one that shows what came of it."""
        if card.connection is not None:
            self.attach(Path(card.connection))
            return
        self._begin(card.title or card.name)
        self._engines = self._here
        self.device = card.device
        self._link = self._here.serve(card.run_folder)
        self._announce()

    def pause(self) -> None:
        """Halt at the end of the step in hand."""
        self._command(Pause(), _PAUSE)

    def resume(self) -> None:
        """Go on after a pause."""
        self._command(Resume(), _RESUME)

    def stop(self) -> None:
        """End the run; a checkpoint is kept. Data that are being sent wait there for another time."""
        if self.state is RunState.SENDING and self._link is not None:
            self._link.close()
            self._reported, self._is_alone = RunState.STOPPED, True
            self._refresh_state()
            self._announce()
            return
        self._command(Stop(), _STOP)

    def checkpoint(self) -> None:
        """Keep a checkpoint and go on."""
        self._command(CheckpointNow(), None)

    def kill(self) -> None:
        """End by force what does not respond: the training process, which is replaced, or the engine."""
        if self.state is RunState.HUNG:
            self._command(Kill(), None)
        elif self._link is not None:
            self._link.kill()

    def take_up(self) -> None:
        """Go on, from its last checkpoint, with the run that has ended."""
        run_id, folder, name, device = self.run_id, self.run_folder, self.name, self.device
        assert run_id is not None
        assert folder is not None
        self._begin(name)
        self.device = device
        self._link = self._engines.resume(run_id, folder)
        self._announce()

    def test(self) -> None:
        """Measure the errors now and go on."""
        self._command(TestNow(), None)

    def edit(self, setting: Setting, value: float) -> None:
        """Change a setting from the next step on; a checkpoint is kept before."""
        self._command(CheckpointNow(), None)
        self._command(Edit(setting, value), None)

    def roll_back(self, step: int) -> None:
        """Go back to the newest checkpoint that is not after a step."""
        self._command(RollBack(step), None)

    def dismiss_trouble(self) -> None:
        """Take note of what went wrong last."""
        self.marks.trouble = None
        self.marks_changed.emit()

    def detach(self) -> None:
        """Leave the engine. It goes on by itself; one whose run has ended has nothing more to do."""
        if self._link is not None:
            self._link.close(dismiss=self._reported.ended)
            self._link = None

    def ask(self, request: Request, then: Callable[[Answer | ConvNetError], None]) -> bool:
        """Send a request and call ``then`` with its answer or with why there is none.

        Returns False where no engine is attached. ``then`` is not called once the run was replaced.
        """
        if self._link is None:
            return False
        self._callbacks[self._link.ask(request)] = then
        return True

    def ask_weights(self, layer: str, step: int, then: Callable[[Answer | ConvNetError], None]) -> bool:
        """Ask for a layer's weights at a snapshot; see ``ask``."""
        return self.ask(GetWeights(layer=layer, weight="weights", step=step), then)

    def _command(self, request: Request, wish: _Wish | None) -> None:
        if wish is not None:
            self._wish = wish
        self.ask(request, self._on_command_answered)
        self._refresh_state()
        self._announce()

    def _on_command_answered(self, answer: Answer | ConvNetError) -> None:
        if isinstance(answer, ConvNetError):
            self._wish = None
            self.refused.emit(answer)

    # ---- What arrives -----------------------------------------------------------------------------------

    def update(self) -> None:
        """Take in what has arrived. Each event is emitted at most once."""
        for arrival in self._link.drain() if self._link is not None else ():
            self._take(arrival)
        self._refresh_state()
        self._announce()

    def _begin(self, name: str) -> None:
        self.detach()
        self._forget()
        self.name = name
        self.state = self._reported = self._greeted = RunState.STARTING
        self._news += [self.run_replaced, self.state_changed]

    def _take(self, arrival: Arrival) -> None:
        match arrival:
            case Entries():
                self._take_entries(arrival)
            case Heartbeat():
                self._take_heartbeat(arrival)
            case LinkChanged(link, problem):
                self._take_link(link, problem)
            case Answered(ticket, answer):
                self._callbacks.pop(ticket)(answer)
            case Welcome():
                self._take_welcome(arrival)
            case Sending():
                self.sending = arrival
                self._greeted = RunState.SENDING
                self._note(self.progress_changed)
            case NotStarted(cause):
                self._reported, self.cause = RunState.FAILED, cause
                self._is_alone = True

    def _take_welcome(self, welcome: Welcome) -> None:
        self.name = welcome.network_name
        self.run_id, self.run_folder = welcome.run_id, welcome.run_folder
        self._greeted = RunState(welcome.state.value)
        self._note(self.state_changed)
        if self.network is None:
            self.ask(GetNetwork(), self._on_network)

    def _on_network(self, answer: Answer | ConvNetError) -> None:
        if isinstance(answer, Network):
            self.network = loads(answer.text)
            self._note(self.progress_changed)

    def _take_link(self, link: Link, problem: ConvNetError | None) -> None:
        self._link_state = link
        self._is_alone = link in (Link.DIED, Link.CLOSED)
        if not self._reported.ended:
            self.cause = problem

    def _take_heartbeat(self, beat: Heartbeat) -> None:
        known = None if self._beat is None else self._beat.problem
        if beat.problem is not None and beat.problem != known:
            self.refused.emit(rebuild(beat.problem))
        self._beat = beat
        self.ranks = beat.ranks
        self.devices = beat.devices
        self._note(self.devices_changed)
        if beat.progress is not None:
            self.progress = beat.progress
            self._note(self.progress_changed)

    def _take_entries(self, entries: Entries) -> None:
        fresh = entries.entries[max(0, self._sequence + 1 - entries.first) :]
        sequence = max(self._sequence + 1, entries.first)
        for are_rows, group in groupby(fresh, key=lambda entry: isinstance(entry, MetricRow)):
            some = list(group)
            if are_rows:
                self._take_rows(sequence, [entry for entry in some if isinstance(entry, MetricRow)])
            else:
                for entry in some:
                    self._take_entry(entry)
            sequence += len(some)
            self._sequence = sequence - 1

    def _take_rows(self, first: int, rows: list[MetricRow]) -> None:
        self._row_at = self._clock()
        self.metrics.extend(first, rows)
        self._note(self.metrics_added)

    def _take_entry(self, entry: Entry) -> None:
        if self.marks.take(entry):
            self._note(self.marks_changed)
        if self.health.take(entry):
            self._note(self.health_changed)
        match entry:
            case StateChanged():
                if not {self._reported.value, entry.state.value} <= _ALTERNATING:
                    self._log(entry)
                self._reported = RunState(entry.state.value)
                self._reported_at = self._clock()
                self.cause = None if entry.cause is None else rebuild(entry.cause)
            case LogLine():
                self._log(entry)
            case SnapshotKept(step):
                if not self.snapshots or step > self.snapshots[-1]:
                    self.snapshots.append(step)
                    self._note(self.snapshots_added)
            case Rewound(step):
                self._rewind(step)

    def _log(self, entry: LogEntry) -> None:
        self.log.append(entry)
        self.log_total += 1
        self._note(self.log_added)

    def _rewind(self, step: int) -> None:
        self.metrics.rewind(step)
        del self.snapshots[bisect_right(self.snapshots, step) :]
        self._note(self.metrics_added)
        self._note(self.snapshots_added)

    # ---- The state --------------------------------------------------------------------------------------

    def _refresh_state(self) -> None:
        known = self._known_state()
        if self._wish is not None and (known in self._wish.settled or known.ended):
            self._wish = None
        state = known
        if known.under_way and self._link_state is Link.DIED:
            state = RunState.DIED
        elif known.under_way and self._link_state is Link.NOT_RESPONDING:
            state = RunState.NOT_RESPONDING
        elif known.under_way and self._beat is not None and not self._beat.responding:
            state = RunState.HUNG
        elif self._wish is not None:
            state = self._wish.show
        elif known is RunState.TESTING and self._clock() - self._reported_at < TESTING_SHOWN_AFTER:
            state = RunState.TRAINING
        elif known is RunState.TRAINING and self._beat is not None and self._beat.slow:
            state = RunState.SLOW
        if state is not self.state:
            self.state = state
            self._note(self.state_changed)

    def _known_state(self) -> RunState:
        """The journal's newest state; while older entries are still being read, the engine's own word.

        The journal of a run that was resumed has ends of before.
        """
        if self.is_caught_up or self._is_alone or (self._beat is None and self._greeted.ended):
            return self._reported
        return self._greeted if self._beat is None else RunState(self._beat.state.value)

    def _note(self, event: Event[[]]) -> None:
        if event not in self._news:
            self._news.append(event)

    def _announce(self) -> None:
        news, self._news = self._news, []
        for event in news:
            event.emit()
