"""What is known of a run: its network, its figures, its marks, its log."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from itertools import groupby

from engine.curves import SPLITS, unpack
from engine.errors import ConvNetError
from engine.graph.network_file import NetworkFile, loads
from engine.layers.data import Data
from engine.protocol.messages import (
    Answer,
    Device,
    Entries,
    Entry,
    Heartbeat,
    MetricRow,
    Network,
    Overview,
    Progress,
    RankReading,
    Rewound,
    Setting,
    SnapshotKept,
    StateChanged,
    Welcome,
)
from studio.models.health import Health
from studio.models.marks import Marks
from studio.models.metrics import Metrics
from studio.models.run_events import RunEvents
from studio.models.run_log import RunLog
from studio.services.link import Sending


class RunRecord:
    """One run, as its engine tells of it. What changes is noted with ``events``."""

    def __init__(
        self,
        events: RunEvents,
        clock: Callable[[], float],
        name: str = "",
        device: str = "",
        network: NetworkFile | None = None,
    ) -> None:
        self._events, self._clock = events, clock
        self.name = name
        self.device = device
        self.run_id: str | None = None
        self.run_folder: str | None = None
        self.network = network
        self.sending: Sending | None = None
        self.progress: Progress | None = None
        self.metrics = Metrics()
        self.snapshots: list[int] = []
        self.marks = Marks()
        self.health = Health()
        self.ranks: tuple[RankReading, ...] = ()
        self.devices: tuple[Device, ...] = ()
        self.log = RunLog()
        self.sequence = 0  # of the journal's newest entry that was taken in
        self.rewinds = 0  # how often later rows were forgotten
        self.row_at = clock()  # when the newest figures came

    # ---- What follows from it ---------------------------------------------------------------------------

    @property
    def has_begun(self) -> bool:
        """Whether there is anything that training has brought."""
        return any(len(self.metrics[split]) for split in SPLITS) or bool(self.snapshots)

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
        best = self.best if self.setting("keep_best") else None
        return self.marks.kept(self.network.training.keep_checkpoints, None if best is None else best[0])

    def checkpoint_before(self, step: int) -> int:
        """Return the newest checkpoint there is that is not after a step; 0 is the start."""
        return max((kept for kept in self.checkpoints if kept <= step), default=0)

    @property
    def best(self) -> tuple[int, float] | None:
        """Step and value of the least validation error so far; None: not measured yet."""
        return self.metrics["validation"].least("error")

    def setting(self, setting: Setting, before: float | None = None) -> float | None:
        """Return what a setting is now, or was when the training came to a step; None: not known yet."""
        return None if self.network is None else self.marks.value(setting, self.network.training, before)

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
    def seconds(self) -> float | None:
        """Seconds of training up to the newest figures, without pauses; None: not begun."""
        lasts = [self.metrics.last(split, "seconds") for split in SPLITS]
        return max((last for last in lasts if last is not None), default=None)

    # ---- What arrives -----------------------------------------------------------------------------------

    def take_sending(self, sending: Sending) -> None:
        """Take in how far the sending of the data has come."""
        self.sending = sending
        self._events.note(self._events.progress_changed)

    def take_welcome(self, welcome: Welcome) -> None:
        """Take in which run it is."""
        self.name = welcome.network_name
        self.run_id, self.run_folder = welcome.run_id, welcome.run_folder

    def take_network(self, answer: Answer | ConvNetError) -> None:
        """Take in the network that the run trains."""
        if isinstance(answer, Network):
            self.network = loads(answer.text)
            self._events.note(self._events.progress_changed)

    def take_heartbeat(self, beat: Heartbeat) -> None:
        """Take in how far the run is, and how its devices fare."""
        self.ranks = beat.ranks
        self.devices = beat.devices
        self._events.note(self._events.devices_changed)
        if beat.progress is not None:
            self.progress = beat.progress
            self._events.note(self._events.progress_changed)

    def take_overview(self, overview: Overview) -> list[StateChanged]:
        """Take in what the journal has so far; return the changes of state in it."""
        for entry in overview.events:
            self._take_entry(entry)
        for curve in overview.curves:
            self.metrics[curve.split].begin(unpack(curve))
        self.marks.advance(int(self.metrics.last("train", "step") or 0))
        self.row_at, self.sequence = self._clock(), overview.sequence
        self._events.note(self._events.metrics_added)
        return [entry for entry in overview.events if isinstance(entry, StateChanged)]

    def take_entries(self, entries: Entries) -> list[StateChanged]:
        """Take in entries of the journal that are new; return the changes of state among them."""
        fresh = entries.entries[max(0, self.sequence + 1 - entries.first) :]
        sequence = max(self.sequence + 1, entries.first)
        changes: list[StateChanged] = []
        for are_rows, group in groupby(fresh, key=lambda entry: isinstance(entry, MetricRow)):
            some = list(group)
            if are_rows:
                self._take_rows([entry for entry in some if isinstance(entry, MetricRow)])
            else:
                for entry in some:
                    self._take_entry(entry)
                changes += [entry for entry in some if isinstance(entry, StateChanged)]
            sequence += len(some)
            self.sequence = sequence - 1
        return changes

    def _take_rows(self, rows: list[MetricRow]) -> None:
        self.row_at = self._clock()
        self.metrics.extend(rows)
        self._events.note(self._events.metrics_added)
        if self.marks.advance(rows[-1].step):
            self._events.note(self._events.marks_changed)

    def _take_entry(self, entry: Entry) -> None:
        events = self._events
        if self.marks.take(entry):
            events.note(events.marks_changed)
        if self.health.take(entry):
            events.note(events.health_changed)
        if self.log.take(entry):
            events.note(events.log_added)
        match entry:
            case SnapshotKept(step):
                if not self.snapshots or step > self.snapshots[-1]:
                    self.snapshots.append(step)
                    events.note(events.snapshots_added)
            case Rewound(step):
                self._rewind(step)

    def _rewind(self, step: int) -> None:
        self.rewinds += 1
        self.metrics.rewind(step)
        del self.snapshots[bisect_right(self.snapshots, step) :]
        self._events.note(self._events.metrics_added)
        self._events.note(self._events.snapshots_added)
