"""All figures of a run in a CSV file: what the studio has joined is asked for in full."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np

from engine.curves import LAST, SPLITS, Column, unpack
from engine.errors import ConvNetError, NoEngineError, RunReplacedError
from engine.protocol.messages import Answer, Curve, GetCurve, Split
from studio.models.metrics import MetricTable
from studio.models.observable import Event
from studio.models.run import RunModel

COLUMNS: Final = ("step", "epoch", "examples", "seconds", "loss", "error", "learning_rate")

PART: Final = 16_384
"""Rows that are asked for at once, about."""

_WHOLE: Final = frozenset(LAST[:3])


class FiguresFile:
    """Writes beside ``path``, and gives it its content at the end; all of that by ``begin``, or after it.

    ``advanced`` tells how many rows were written; ``ended`` why that failed, or None where it was done or
    cancelled.
    """

    def __init__(self, run: RunModel, path: Path) -> None:
        self.advanced: Event[[int]] = Event()
        self.ended: Event[[OSError | ConvNetError | None]] = Event()
        self._run, self._record, self.path = run, run.record, path
        self._part_path = path.with_name(path.name + ".part")
        tables = {split: run.record.metrics[split] for split in SPLITS}
        self.rows = sum(int(table.column("rows").sum()) for table in tables.values())
        self._further = run.record.metrics.further
        self._left = [part for split, table in tables.items() for part in _parts(split, table)]
        self._written = 0
        self._is_over = False
        run.run_replaced.connect(self._on_run_replaced)

    def begin(self) -> None:
        """Begin to write."""
        try:
            with self._part_path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerow(("split", *COLUMNS, *self._further))
        except OSError as error:
            self._end(error)
            return
        self._go_on()

    def cancel(self) -> None:
        """Write no more, and leave what was there."""
        if not self._is_over:
            self._end(None)

    def _on_run_replaced(self) -> None:
        self._end(RunReplacedError(run=self._record.name))

    def _go_on(self) -> None:
        while self._left and not self._is_over:
            split, first, last, whole = self._left.pop(0)
            if whole is None:
                if not self._run.ask(GetCurve(split, first, last, 4 * PART), self._take):
                    self._end(NoEngineError(path=self._record.run_folder or self._record.name))
                return
            self._write(split, whole)
        if not self._is_over:
            self._finish()

    def _take(self, answer: Answer | ConvNetError) -> None:
        if self._is_over:
            return
        if not isinstance(answer, Curve):
            assert isinstance(answer, ConvNetError)
            self._end(answer)
            return
        self._write(answer.split, unpack(answer))
        self._go_on()

    def _write(self, split: Split, columns: dict[str, Column]) -> None:
        length = len(columns["step"])
        lacking = np.full(length, np.nan)
        found = [columns.get(name, lacking) for name in (*COLUMNS, *self._further)]
        lists = [
            (column.astype(np.int64) if name in _WHOLE else column).tolist()
            for name, column in zip((*COLUMNS, *self._further), found, strict=True)
        ]
        try:
            with self._part_path.open("a", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows((split, *row) for row in zip(*lists, strict=True))
        except OSError as error:
            self._end(error)
            return
        self._written += length
        self.advanced.emit(self._written)

    def _finish(self) -> None:
        try:
            self._part_path.replace(self.path)
        except OSError as error:
            self._end(error)
        else:
            self._end(None)

    def _end(self, problem: OSError | ConvNetError | None) -> None:
        self._is_over = True
        self._run.run_replaced.disconnect(self._on_run_replaced)
        with suppress(OSError):
            self._part_path.unlink(missing_ok=True)
        self.ended.emit(problem)


def _parts(split: Split, table: MetricTable) -> Iterator[tuple[Split, int, int, dict[str, Column] | None]]:
    """Yield a table in parts: split, first and last step, and its rows where they are all here."""
    if not len(table):
        return
    if table.is_whole():
        names = (*COLUMNS, *table.further)
        yield split, 0, 0, {name: table.column(name).copy() for name in names}
        return
    steps, written = table.column("step"), np.cumsum(table.column("rows"))
    ends = np.searchsorted(written, np.arange(PART, written[-1] + PART, PART)).clip(max=len(steps) - 1)
    first = 0
    for end in np.unique(ends):
        yield split, first, int(steps[end]), None
        first = int(steps[end]) + 1
