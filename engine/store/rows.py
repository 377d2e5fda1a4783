"""Rows of figures as SQLite keeps them."""

from __future__ import annotations

import math
from typing import Any, Final

import msgspec

from engine.protocol.messages import MetricRow

ROW_COLUMNS: Final = "sequence, step, epoch, examples, seconds, split, loss, error, learning_rate, further"


def of_split(split: str) -> str:
    """Return what picks the rows of a split, whose name is the parameter, by the index of seldom ones."""
    return "split = ?" if split == "train" else "split = ? AND split <> 'train'"


def metric_row(row: tuple[Any, ...]) -> MetricRow:
    """Return a MetricRow from ROW_COLUMNS. SQLite keeps no NaN: it makes it NULL."""
    _, step, epoch, examples, seconds, split, *figures, further = row
    loss, error, rate = (math.nan if figure is None else figure for figure in figures)
    return MetricRow(step, epoch, examples, seconds, split, loss, error, rate, msgspec.json.decode(further))
