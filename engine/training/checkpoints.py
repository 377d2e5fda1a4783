"""Keeps checkpoints of a training while it runs."""

from __future__ import annotations

from engine.errors import CheckpointError
from engine.log_lines import Line
from engine.runtime.device import Contents
from engine.training.best import Best
from engine.training.keeper import CheckpointKeeper
from engine.training.live_settings import LiveSettings
from engine.training.observer import Observer
from engine.training.origin import Origin
from engine.training.place import Place


class Checkpoints:
    """Checkpoints of a training of an ``origin``, as many as its settings say. All ranks make each call."""

    def __init__(
        self, origin: Origin, keeper: CheckpointKeeper, live: LiveSettings, observer: Observer
    ) -> None:
        self._origin = origin
        self._keeper = keeper
        self._live = live
        self._observer = observer

    def keep(self, place: Place, best: Best, first_loss: float | None, learned: Contents) -> None:
        """Write a checkpoint of what this rank has ``learned`` at a place; a disk that refuses is told of."""
        state = self._origin.state(place, best, first_loss)
        now = self._live.now
        best_step = best.step if now.keep_best else None
        self._observer.settle()
        try:
            self._keeper.keep(state, learned, keep=now.keep_checkpoints, best=best_step)
        except CheckpointError as error:
            self._observer.checkpoint_refused(error)
        else:
            self._observer.checkpoint_kept(place.step)
            line = Line.BEST_CHECKPOINT if best_step == place.step else Line.CHECKPOINT
            self._observer.log("info", line, step=place.step)
