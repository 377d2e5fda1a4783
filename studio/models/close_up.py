"""Parts of a run's curves that are looked at closely: finer points than the studio keeps of a long run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from engine.curves import SPLITS, unpack
from engine.errors import ConvNetError
from engine.protocol.messages import Answer, Curve, GetCurve, Split
from studio.models.metrics import MetricTable
from studio.models.observable import Event
from studio.models.run import RunModel

ENOUGH: Final = 2_000
"""Points in sight from which on finer ones would not be seen."""

MOST: Final = 16_384
"""Points that are asked for at most."""


@dataclass(frozen=True)
class Part:
    """Points of a split between two steps; ``rewinds`` is how often the run had been rewound by then."""

    first: int
    last: int
    rewinds: int
    table: MetricTable


class CloseUp:
    """Asks the engine for what is looked at, where it has more than the record; ``changed`` when it came."""

    def __init__(self, run: RunModel) -> None:
        self.changed: Event[[]] = Event()
        self._run = run
        self._parts: dict[Split, Part] = {}
        self._asked: set[Split] = set()
        run.run_replaced.connect(self._forget)

    def look(self, first: float, last: float, lead: float) -> None:
        """See to it that what lies between two steps, and ``lead`` before, is as fine as can be seen."""
        for split in SPLITS:
            if split in self._asked or not self._is_coarse(split, first, last):
                continue
            newest = int(self._run.record.metrics[split].column("step")[-1])
            start, stop = max(0, int(first - lead)), max(0, min(int(last) + 1, newest))
            rewinds = self._run.record.rewinds
            take = partial(self._take, (start, stop, rewinds))
            if self._run.ask(GetCurve(split, start, stop, MOST), take):
                self._asked.add(split)

    def table(self, split: Split, first: float, last: float) -> MetricTable:
        """Return the finest points that there are between two steps."""
        whole, part = self._run.record.metrics[split], self._parts.get(split)
        if part is None or part.rewinds != self._run.record.rewinds or not len(whole):
            return whole
        reaches = part.last >= min(last, float(whole.column("step")[-1]))
        return part.table if part.first <= max(first, 0.0) and reaches else whole

    def _is_coarse(self, split: Split, first: float, last: float) -> bool:
        """Whether the engine has more of what lies between two steps than there is here."""
        table = self.table(split, first, last)
        start, stop = np.searchsorted(table.column("step"), (first, last)).tolist()
        return stop - start < ENOUGH and not table.is_whole(max(0, start - 1), stop + 1)

    def _take(self, span: tuple[int, int, int], answer: Answer | ConvNetError) -> None:
        if not isinstance(answer, Curve):
            return  # and it is not asked again, lest it fail without end
        table = MetricTable()
        table.begin(unpack(answer))
        self._asked.discard(answer.split)
        self._parts[answer.split] = Part(*span, table)
        self.changed.emit()

    def _forget(self) -> None:
        self._parts.clear()
        self._asked.clear()
