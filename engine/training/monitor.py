"""Looks at the figures of a training while it runs, and raises where a number is no longer finite."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from engine.errors import NotFiniteError
from engine.parallel.team import Team
from engine.plan.compile.draft import COUNTERS
from engine.plan.types import TrainingPlan
from engine.runtime.device import Contents
from engine.runtime.executor import Executor
from engine.training.figures import CostMeter
from engine.training.health import SpikeWatch, first_bad_output, first_not_finite
from engine.training.learned import Learned
from engine.training.place import Place
from engine.training.report import Report
from engine.training.step_control import first_bad_step

CHECK_EVERY = 10
"""Steps on the CPU between two looks at the weights, whether all are finite; a loss is looked at each step.
"""

LOOK_EVERY = 10
"""Steps between two looks at the figures on a GPU, which skips updates itself once a loss is not finite."""


class Monitor:
    """Judges losses, and what was ``learned``; tells rows of figures. All ranks make each call."""

    def __init__(
        self,
        plan: TrainingPlan,
        executor: Executor,
        meter: CostMeter,
        learned: Learned,
        *,
        team: Team,
        report: Report,
    ) -> None:
        self._plan = plan
        self._learned = learned
        self._device = executor.device
        self._executor = executor
        self._meter = meter
        self._team = team
        self._report = report
        self._spikes = SpikeWatch()
        self._seen = (0.0, 0)  # loss and examples that the sums held at the last look

    @property
    def first_loss(self) -> float | None:
        """The median of the training's first losses, None before it is known."""
        return self._spikes.first_loss

    def know(self, first_loss: float | None) -> None:
        """Judge from now on by the first losses of a training that is taken up."""
        self._spikes = SpikeWatch(first_loss)

    def begin(self) -> None:
        """Forget what was looked at; what the sums hold already is known."""
        self._device.forget()
        self._seen = self._meter.totals(self._meter.gather(self._executor.arrays))

    def watch(self, place: Place, rate: float, *, is_row: bool) -> None:
        """Look at what the step before ``place`` left, as far as it is time to. Raises NotFiniteError."""
        if is_row or self._device.is_host or place.step % LOOK_EVERY == 0:
            self._look(place, rate, is_row=is_row)
        # Ranks that talk about what they see must all see it now.
        self._device.arrive(wait=not self._team.is_alone)
        if self._device.is_host and place.step % CHECK_EVERY == 0:
            self.check_finite(self._learned.of_rank(), place.step)

    def catch_up(self, place: Place) -> None:
        """Look at all steps until ``place``, and wait for what they left. Raises NotFiniteError."""
        self._look(place)
        self._device.arrive(wait=True)

    def _look(self, place: Place, rate: float = 0.0, *, is_row: bool = False) -> None:
        """Have the figures looked at, which a GPU brings here some steps later; those of a row begin anew."""
        then = partial(self._see, replace(place), rate, is_row)
        names = self._meter.names
        self._executor.look((COUNTERS, *names), then, clear=names if is_row else ())

    def _see(self, place: Place, rate: float, is_row: bool, contents: Contents) -> None:
        """Judge the figures as they were at a place. Raises NotFiniteError."""
        bad_step = first_bad_step(contents[COUNTERS])
        if bad_step is not None:
            raise self._bad_output(bad_step)
        sums = self._meter.gather(contents)
        totals = self._meter.totals(sums)
        self._judge_loss(place.step - 1, totals)
        self._seen = (0.0, 0) if is_row else totals
        if is_row:
            self._report.row("train", place, rate, self._meter.figures(sums))

    def _judge_loss(self, step: int, totals: tuple[float, int]) -> None:
        """Judge the mean loss of the steps since the last look, of which the last is that after ``step``."""
        loss, examples = totals[0] - self._seen[0], totals[1] - self._seen[1]
        spike = self._spikes.judge(loss / examples) if examples else None
        if spike is not None:
            self._report.spike(step, spike)

    def _bad_output(self, step: int) -> NotFiniteError:
        """Say where the step's numbers went wrong; its batch is still in place, and so are its weights."""
        layer = self._team.agree(first_bad_output(self._plan, self._executor), str | None)
        if layer is None:
            return NotFiniteError(step=step, what="the loss")
        return NotFiniteError(step=step, what="an output", where=layer)

    def check_finite(self, learned: Contents, step: int) -> None:
        """Raise NotFiniteError, on all ranks, if what one of them has ``learned`` is not finite."""
        name = self._team.agree(first_not_finite(learned), str | None)
        if name is not None:
            raise NotFiniteError(step=step, what="a number", where=name)
