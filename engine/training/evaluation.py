"""Measures how well a network does on the pictures that it does not learn from."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from engine.data.dataset import SplitName
from engine.data.views import Views
from engine.log_lines import Line
from engine.plan.compile.pipeline import EVALUATE
from engine.plan.types import TrainingPlan
from engine.runtime.device import Feed, Feedable
from engine.runtime.executor import Executor
from engine.training.averaged import AveragedEvaluation
from engine.training.figures import CostMeter, Figures
from engine.training.place import Place
from engine.training.report import Report
from engine.training.training_data import TrainingData

_LINES: dict[SplitName, Line] = {"validation": Line.VALIDATION_ERROR, "test": Line.TEST_ERROR}

TESTED: tuple[SplitName, ...] = ("validation", "test")


class Evaluation:
    """Tests of a network on those splits that ``data`` has; ``feed`` puts a batch in place."""

    def __init__(
        self,
        plan: TrainingPlan,
        executor: Executor,
        meter: CostMeter,
        data: TrainingData,
        report: Report,
    ) -> None:
        self._plan = plan
        self._executor = executor
        self._meter = meter
        self._loaders = {name: data.loaders[name] for name in TESTED if name in data.loaders}
        self._preparation = data.preparation
        self._report = report

    def run(
        self, place: Place, rate: float, feed: Callable[[Feedable], None], *, over_views: bool
    ) -> float | None:
        """Tell the figures of all splits; return the validation error, None without such pictures.

        Those of the test set are told of answers averaged over views, too, where that is wanted. The sums of
        the training figures are left as they were.
        """
        errors: dict[SplitName, float] = {}
        sums = self._meter.save()
        averaged = self._averaged(feed) if over_views else {}
        for name, loader in self._loaders.items():
            figures = self._measure(loader, feed)
            self._report.row(name, place, rate, figures, averaged if name == "test" else {})
            errors[name] = figures.error
            if name in _LINES:
                self._report.log(_LINES[name], epoch=place.epoch, error=100 * figures.error)
        self._meter.restore(sums)
        return errors.get("validation")

    def _measure(self, loader: Feed, feed: Callable[[Feedable], None]) -> Figures:
        self._meter.reset()
        with closing(loader.epoch(0, shuffle=False)) as batches:
            for batch in batches:
                feed(batch)
                self._executor.run(EVALUATE)
        return self._meter.take()

    def _averaged(self, feed: Callable[[Feedable], None]) -> dict[str, float]:
        """Return the test figures of answers averaged over views, where more than one is asked for."""
        views = Views(self._preparation.preprocessing, self._preparation.test_views)
        if len(views) == 1 or "test" not in self._loaders:
            return {}
        loader = self._loaders["test"]
        evaluation = AveragedEvaluation(self._plan, self._executor)
        self._meter.reset()
        with closing(loader.epoch(0, shuffle=False)) as batches:
            for batch in batches:
                feed(batch)
                evaluation.run(loader.views(batch, views))
        figures = self._meter.take()
        self._report.log(Line.AVERAGED, views=len(views), error=100 * figures.error, loss=figures.loss)
        named = {"error": figures.error, "loss": figures.loss, **figures.further}
        return {f"{title} over {len(views)} views": value for title, value in named.items()}
