"""The figures of a run, from its journal."""

from __future__ import annotations

from collections.abc import Sequence

from engine.protocol.messages import Entry, MetricRow, Rewound

SPLITS = ("train", "validation", "test")


class RunFigures:
    """The rows of each split, leaving out what a resume has overtaken."""

    def __init__(self) -> None:
        self._rows: dict[str, list[MetricRow]] = {split: [] for split in SPLITS}

    def take(self, entry: Entry) -> None:
        """Follow one entry of the journal."""
        if isinstance(entry, MetricRow):
            self._rows[entry.split].append(entry)
        elif isinstance(entry, Rewound):
            for rows in self._rows.values():
                while rows and rows[-1].step > entry.step:
                    rows.pop()

    def any(self) -> bool:
        """Whether there is a row of any split."""
        return any(self._rows.values())

    def rows(self, split: str) -> Sequence[MetricRow]:
        """Return all rows of a split, in their order."""
        return self._rows[split]

    def newest(self, split: str) -> MetricRow | None:
        """Return the newest row of a split; None before there is one."""
        return self._rows[split][-1] if self._rows[split] else None
