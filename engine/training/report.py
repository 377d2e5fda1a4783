"""Tells an observer in figures and words how a training goes."""

from __future__ import annotations

import math
from collections.abc import Mapping

from engine.data.dataset import SplitName
from engine.errors import ConvNetError, NotFiniteError
from engine.log_lines import Line
from engine.plan.compile.pipeline import TRAIN
from engine.plan.types import TrainingPlan
from engine.protocol.messages import Edited, MetricRow, Progress, Scalar
from engine.runtime.device import Device
from engine.training.clock import StepClock
from engine.training.figures import Figures
from engine.training.health import Spike
from engine.training.observer import Observer
from engine.training.place import Course, Place

_MEMORY = {"plan": Line.MEMORY_OF_PLAN, "data": Line.MEMORY_OF_DATA, "CUDA": Line.MEMORY_OF_CUDA}


class Report:
    """What is told of a training by a ``plan`` over a ``course``."""

    def __init__(self, observer: Observer, plan: TrainingPlan, course: Course) -> None:
        self._observer = observer
        self._plan = plan
        self._course = course
        self._tells_communication = len(plan.ranks) > 1

    def log(self, line: Line, **fields: Scalar) -> None:
        """Tell a line of how it goes."""
        self._observer.log("info", line, None, **fields)

    def warn(self, line: Line, cause: ConvNetError | None = None, **fields: Scalar) -> None:
        """Tell a line of what someone should look at."""
        self._observer.log("warning", line, cause, **fields)

    def start(self, device: Device, place: Place) -> None:
        """Tell what is about to run, and from where."""
        operations = len(self._plan.programs[TRAIN].operations)
        self.log(Line.PLAN, operations=operations)
        for what, taken in device.memory().items():
            if taken:
                self.log(_MEMORY[what], megabytes=taken / 1e6)
        self.log(Line.DATA, examples=self._course.examples, steps=self._course.steps_an_epoch)
        if place.step:
            self.log(Line.TAKEN_UP, step=place.step)

    def row(
        self,
        split: SplitName,
        place: Place,
        rate: float,
        figures: Figures,
        more: Mapping[str, float] | None = None,
    ) -> None:
        """Tell figures of a place, with ``more`` figures of their kind.

        Further ones that are not finite are left out: the journal's JSON has no word for them.
        """
        further = {**figures.further, **(more or {})}
        row = MetricRow(
            step=place.step,
            epoch=place.epoch,
            examples=self._course.examples_at(place),
            seconds=place.seconds,
            split=split,
            loss=figures.loss,
            error=figures.error,
            learning_rate=rate,
            further={title: value for title, value in further.items() if math.isfinite(value)},
        )
        self._observer.metrics([row])

    def progress(self, place: Place, clock: StepClock) -> None:
        """Tell how far the training is, and how fast."""
        rate = clock.examples_per_second
        self._observer.progress(
            Progress(
                step=place.step,
                total_steps=self._course.total_steps,
                epoch=place.epoch,
                examples_per_second=rate,
                eta_seconds=self._course.examples_after(place) / rate if rate else None,
                epochs=self._course.epochs,
                step_seconds=clock.step_seconds,
                waiting_share=clock.waiting_share,
                communication_share=clock.communication_share if self._tells_communication else None,
            )
        )

    def spike(self, step: int, spike: Spike) -> None:
        """Tell of a loss that leapt in the step after ``step``."""
        self._observer.loss_spiked(step, spike.loss, spike.usual)
        self.warn(Line.LOSS_LEAPT, step=step, loss=spike.loss, usual=spike.usual)

    def edit(self, edit: Edited) -> None:
        """Tell that a setting is changed from here on."""
        self._observer.edited(edit)
        self._log_edit(edit, Line.EDITED, Line.BEST_KEPT, Line.BEST_NOT_KEPT)

    def edit_again(self, edit: Edited) -> None:
        """Tell that an edit is made that had been made before."""
        self._log_edit(edit, Line.EDITED_AGAIN, Line.BEST_KEPT_AGAIN, Line.BEST_NOT_KEPT_AGAIN)

    def _log_edit(self, edit: Edited, line: Line, kept: Line, not_kept: Line) -> None:
        """Tell of an edit: of a number by ``line``, of whether the best is kept by the other two."""
        if edit.setting == "keep_best":
            self.log(kept if edit.new else not_kept, step=edit.step)
        else:
            self.log(line, step=edit.step, setting=edit.setting, old=edit.old, new=edit.new)

    def roll_back(self, step: int, cause: NotFiniteError | None, taken_back: int) -> None:
        """Tell that the training is at ``step`` again, and so many edits made since are no more."""
        self._observer.rewound(step, cause, takes_back=True)
        self.warn(Line.ROLLED_BACK if cause is None else Line.ROLLED_BACK_AFTER, cause, step=step)
        if taken_back:
            self.warn(Line.EDITS_TAKEN_BACK, count=taken_back)
