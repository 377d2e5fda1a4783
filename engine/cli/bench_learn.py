"""``convnet bench learn``: how well, and how fast, the examples learn."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from pathlib import Path
from statistics import mean

from rich.console import Console
from rich.table import Table

from engine.cli.in_process import run_in
from engine.graph.examples import load_example

_SEEDS = 5
_BARS = {"digits": (2.5, 30.0), "shapes": (5.0, 120.0)}
"""Largest test error in % and longest training in s, by example. For the digits, the mean error counts."""


def learn() -> bool:
    """Print a line for each training; return whether all bars are reached."""
    results = [("digits", seed, *_train("digits", seed)) for seed in range(_SEEDS)]
    results.append(("shapes", 0, *_train("shapes", 0)))
    table = Table("example", box=None)
    for heading in ("seed", "test error", "bar", "seconds", "bar"):
        table.add_column(heading, justify="right")
    reached = []
    for name, (error_bar, seconds_bar) in _BARS.items():
        rows = [row for row in results if row[0] == name]
        for _, seed, error, seconds in rows:
            table.add_row(name, str(seed), f"{error:.2f} %", "", f"{seconds:.1f}", f"{seconds_bar:.0f}")
        average = mean(error for *_, error, _ in rows)
        table.add_row(name, "mean", f"{average:.2f} %", f"{error_bar} %", "", "")
        reached += [average <= error_bar, *(seconds <= seconds_bar for *_, seconds in rows)]
    Console().print(table)
    return all(reached)


def _train(name: str, seed: int) -> tuple[float, float]:
    """Return the test error in %, and the s that the training took with its tests and checkpoints."""
    example = load_example(name)
    network = dataclasses.replace(example, training=dataclasses.replace(example.training, seed=seed))
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        _, watcher = run_in(Path(folder, name), network)
        seconds = time.perf_counter() - start
    error = next(row.error for row in reversed(watcher.rows) if row.split == "test")
    return 100 * error, seconds
