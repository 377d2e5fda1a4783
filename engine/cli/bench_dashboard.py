"""``convnet bench dashboard``: whether the studio keeps up with what a training tells."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from engine.protocol.messages import MetricRow

FRAME_BAR, BLOCK_BAR, OPEN_BAR = 0.016, 0.050, 1.0  # s
GROWTH_BAR = 1e6  # bytes
FILTERS_BAR = 0.5  # s
MORE_BAR = 0.02  # of the training process's time
RATE = 1000.0  # events a second
ROWS, AT_ONCE = 1_000_000, 50_000

Row = tuple[str, str, str, bool]
"""A figure: its name, what was measured, its bar, and whether that is met."""


def measure(seconds: float, rounds: int, pairs: int) -> bool:
    """Play a training to the studio, drawn into memory; print figures, and return whether all bars are met.

    Times are those of the best of the rounds: what else the machine does makes the others longer.
    """
    figures = _figures("studio.bench", "--seconds", seconds, "--rounds", rounds, "--rate", RATE)
    live = _figures("studio.bench_live", "--pairs", pairs)
    with tempfile.TemporaryDirectory() as folder:
        make_long_run(Path(folder, "run"))
        opened = _figures("studio.bench_open", Path(folder, "run"))
        shelf = shelf_times(Path(folder, "run"))
    rows = (
        _row("frame, p99, 4 plots, 1,000 events/s", figures["frame p99"], FRAME_BAR),
        _row("  of processor time", figures["frame p99, processor"]),
        _row("longest block", figures["frame max"], BLOCK_BAR),
        _row("  of processor time", figures["frame max, processor"]),
        _row(f"run of {opened['rows']:,.0f} rows opened and drawn", opened["opened"], OPEN_BAR),
        _row("  its engine started, too", opened["with its engine's start"], OPEN_BAR),
        _row("  longest block, of processor time", opened["longest, processor"], BLOCK_BAR),
        _row("  drawn once more, 4 plots", opened["redrawn"], BLOCK_BAR),
        _row("  10,000 of its rows looked at closely", opened["zoomed"], OPEN_BAR),
        _row("  its card in the list of runs", shelf["listed"], BLOCK_BAR),
        _row("  its curves to be compared", shelf["compared"], OPEN_BAR),
        *_growth(figures, f"in {figures['seconds played']:.0f} s"),
        _row(f"filters on screen, median of {live['snapshots']}", live["filters, median"], FILTERS_BAR),
        _row("  the slowest", live["filters, max"], FILTERS_BAR),
        _more(live),
    )
    return _print(rows)


def soak(minutes: float) -> bool:
    """Play 1,000 events a second to the studio for so long; print whether it grows after the first sixth."""
    figures = _figures("studio.bench", "--minutes", minutes, "--rate", RATE)
    return _print(_growth(figures, f"in {minutes:g} min after a sixth, {figures['steps']:,.0f} events"))


def _growth(figures: dict[str, Any], when: str) -> tuple[Row, ...]:
    grown, more = figures["memory growth, bytes"], figures["descriptors more"] + figures["threads more"]
    return (
        (f"memory growth {when}", f"{grown / 1e6:.2f} MB", "1 MB", grown < GROWTH_BAR),
        ("descriptors and threads more", f"{more:.0f}", "0", more <= 0),
    )


def _print(rows: Sequence[Row]) -> bool:
    """Print figures against their bars; return whether all are met."""
    table = Table("figure", box=None)
    for heading in ("measured", "bar"):
        table.add_column(heading, justify="right")
    for name, measured, bar, is_met in rows:
        table.add_row(name, measured if is_met else f"[red]{measured}[/red]", bar)
    Console().print(table)
    return all(is_met for *_, is_met in rows)


def make_long_run(path: Path, rows: int = ROWS) -> None:
    """Make the folder of a run that has ended, with so many rows in its journal."""
    from engine.graph.examples import load_example
    from engine.graph.network_file import dumps
    from engine.protocol.messages import RunState, Site, StateChanged
    from engine.store.journal import Journal
    from engine.store.run_folder import RunFolder

    folder, hold = RunFolder.create(path, "long", dumps(load_example("shapes")), path.parent, Site("cpu"))
    journal = Journal(folder.journal)
    for start in range(1, rows + 1, AT_ONCE):
        journal.append([_row_of(step) for step in range(start, min(start + AT_ONCE, rows + 1))])
    journal.append([StateChanged(0.0, RunState.FINISHED)])
    journal.close()
    hold.release()


def shelf_times(path: Path) -> dict[str, float]:
    """Return the seconds that it takes to list a run, and to read its curves for a comparison."""
    from engine.library.cards import read_card
    from engine.protocol.library import ReadRun
    from engine.store.glance import glance
    from engine.store.run_folder import RunFolder

    begun = time.perf_counter()
    read_card(path, None)
    listed = time.perf_counter()
    with glance(RunFolder.open(path).journal) as journal:
        journal.curves(ReadRun(str(path)).most)
    return {"listed": listed - begun, "compared": time.perf_counter() - listed}


def _row_of(step: int) -> MetricRow:
    loss = 2.0 / (1 + step / 1000) + 0.1 * math.sin(step)
    return MetricRow(step, step // 1000, step * 64, step / 1000, "train", loss, min(loss / 2, 1.0), 0.01)


def _more(live: dict[str, Any]) -> Row:
    """How much more processor time a step takes while the studio watches; all of the 95 % interval counts."""
    name = f"training's processor time a step, watched, {live['pairs']} pairs"
    more, spread = live["more, mean"], live["more, half of the 95 % interval"]
    return (
        name,
        f"{100 * more:+.1f} ± {100 * spread:.1f} %",
        f"{100 * MORE_BAR:.0f} %",
        more + spread < MORE_BAR,
    )


def _row(name: str, seconds: float, bar: float | None = None) -> Row:
    return name, _ms(seconds), "" if bar is None else _ms(bar), bar is None or seconds <= bar


def _figures(module: str, *arguments: object) -> dict[str, Any]:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    # Qt would tell what a screen that is none lacks.
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_LOGGING_RULES": "*=false"}
    told = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"
