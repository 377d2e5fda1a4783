"""Follows a run to its end, and shows it in the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table
from rich.text import Text

from engine.cli.figures import SPLITS, RunFigures
from engine.cli.interrupts import Interrupts
from engine.errors import FileWriteError, RunEndedError
from engine.protocol import messages
from engine.protocol.client import Client
from engine.protocol.inbox import Link, LinkChanged
from engine.protocol.messages import (
    Entries,
    Entry,
    Heartbeat,
    LogLine,
    MetricRow,
    Problem,
    StateChanged,
    Stop,
)
from engine.protocol.problems import rebuild

_LINE_EVERY = 2.0  # s between two lines, where no bar can be drawn
_MOST_LINES = 20  # of further figures; a cost may have two for each class
_DISK_PATIENCE = 10.0  # s that the end of a run may wait for a disk that takes no more


class Follower:
    """Takes a client's events; ``ended`` is how the run ended, None while it goes on.

    ``tap`` is given all entries of the journal until it fails, which is told, and ends nothing else.
    """

    def __init__(
        self,
        client: Client,
        last_sequence: int,
        epochs: int,
        console: Console,
        tap: Callable[[Entry], None] | None = None,
    ) -> None:
        self._tap = tap
        self.ended: StateChanged | None = None
        self.figures = RunFigures()
        self._client, self._last_sequence = client, last_sequence
        self._told_problem: Problem | None = None
        self._unkept_since: float | None = None
        self._view = _View(epochs, console)

    def follow(self, interrupts: Interrupts) -> StateChanged:
        """Show the run until its end and return that. Stops it on Ctrl+C.

        Raises EngineDiedError, and RunFolderUnwritableError where the disk does not take the run's end.
        """
        with self._view:
            while self.ended is None:
                if interrupts.asked and not interrupts.obeyed:
                    interrupts.obeyed = True  # before the person is told, who may then press again at once
                    self._stop()
                event = self._client.poll(0.2)
                if isinstance(event, Entries):
                    self._take_entries(event)
                elif isinstance(event, Heartbeat):
                    self._take_heartbeat(event)
                elif isinstance(event, LinkChanged):
                    self._take_link(event)
        return self.ended

    def _stop(self) -> None:
        with suppress(RunEndedError):  # it ended at this very moment
            self._client.request(Stop())
            self._view.say("Stopping. Ctrl+C once more leaves the engine to do so by itself.")

    def _take_entries(self, entries: Entries) -> None:
        for sequence, entry in enumerate(entries.entries, entries.first):
            self.figures.take(entry)
            self._give_to_tap(entry)
            if sequence <= self._last_sequence:
                continue  # of this run's engines before
            if isinstance(entry, StateChanged) and entry.state.ended:
                self.ended = entry
            elif isinstance(entry, LogLine) and entry.level in ("warning", "error"):
                self._view.say(f"{entry.level}: {entry.text}")

    def _give_to_tap(self, entry: Entry) -> None:
        if self._tap is not None:
            try:
                self._tap(entry)
            except FileWriteError as error:
                self._tap = None
                self._view.say(str(error))

    def _take_heartbeat(self, heartbeat: Heartbeat) -> None:
        if heartbeat.problem is not None and heartbeat.problem != self._told_problem:
            self._view.say(str(rebuild(heartbeat.problem)))
        self._told_problem = heartbeat.problem
        self._view.show(heartbeat, self.figures)
        self._check_end_is_kept(heartbeat)

    def _check_end_is_kept(self, heartbeat: Heartbeat) -> None:
        """Wait no longer for an end that cannot be written: what is not in the journal is told to nobody."""
        if heartbeat.problem is None or not heartbeat.state.ended:
            self._unkept_since = None
        elif self._unkept_since is None:
            self._unkept_since = time.monotonic()
        elif time.monotonic() - self._unkept_since > _DISK_PATIENCE:
            raise rebuild(heartbeat.problem)

    def _take_link(self, change: LinkChanged) -> None:
        if change.problem is not None:
            raise change.problem
        if change.link is Link.NOT_RESPONDING:
            self._view.say("The engine is not responding.")


class _View:
    """A bar with the figures below it, or lines where the output is no terminal."""

    def __init__(self, epochs: int, console: Console) -> None:
        self._epochs, self._console = epochs, console
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TaskProgressColumn(),
            TextColumn("{task.fields[left]}"),
            console=console,
            expand=True,
        )
        self._task = self._bar.add_task("starting", total=None, left="")
        self._live = Live(console=console, transient=True, refresh_per_second=5)
        self._next_line = 0.0

    def __enter__(self) -> None:
        if self._console.is_terminal:
            self._live.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def say(self, text: str) -> None:
        """Print a line."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def show(self, heartbeat: Heartbeat, figures: RunFigures) -> None:
        """Show how far the training is."""
        state = heartbeat.state.value if heartbeat.responding else "not responding"
        progress = heartbeat.progress
        if progress is None:
            self._bar.update(self._task, description=state)
            self._live.update(self._bar)
            return
        left = _left(progress, progress.epochs or self._epochs)
        below = "  ".join([*_figures(figures), f"{progress.examples_per_second:,.0f} examples/s"])
        self._bar.update(
            self._task, description=state, total=progress.total_steps, completed=progress.step, left=left
        )
        self._live.update(Group(self._bar, Text(below)))
        if not self._console.is_terminal and time.monotonic() > self._next_line:
            self._next_line = time.monotonic() + _LINE_EVERY
            self.say(f"{state}  {left}  {below}")


def figures_table(figures: RunFigures) -> Table:
    """Return the newest figures of all splits as a table."""
    table = Table("", box=None, pad_edge=False)
    for heading in ("step", "loss", "error"):
        table.add_column(heading, justify="right")
    for split in SPLITS:
        row = figures.newest(split)
        if row is not None:
            table.add_row(split, f"{row.step:,}", f"{row.loss:.4f}", _percent(row))
    return table


def further_table(figures: RunFigures) -> Table | None:
    """Return the costs' further figures, a line for each, or None where there are none."""
    rows = {split: row for split in SPLITS if (row := figures.newest(split)) is not None}
    titles = list(dict.fromkeys(title for row in rows.values() for title in row.further))
    if not titles:
        return None
    table = Table("", box=None, pad_edge=False)
    for split in rows:
        table.add_column(split, justify="right")
    for title in titles[:_MOST_LINES]:
        values = [row.further.get(title) for row in rows.values()]
        table.add_row(title, *("" if value is None else f"{value:.4f}" for value in values))
    if len(titles) > _MOST_LINES:
        table.add_row(f"… {len(titles) - _MOST_LINES} more in run.sqlite")
    return table


def _figures(figures: RunFigures) -> list[str]:
    parts = []
    train, validation = figures.newest("train"), figures.newest("validation")
    if train is not None:
        parts.append(f"loss {train.loss:.4f}  error {_percent(train)}")
    if validation is not None:
        parts.append(f"validation error {_percent(validation)}")
    return parts


def _percent(row: MetricRow) -> str:
    return f"{100 * row.error:.2f} %"


def _left(progress: messages.Progress, epochs: int) -> str:
    text = f"epoch {min(progress.epoch + 1, epochs)}/{epochs}"
    if progress.eta_seconds is None:
        return text
    return f"{text}  ETA {timedelta(seconds=round(progress.eta_seconds))}"
