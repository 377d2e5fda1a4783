"""``convnet bench learn --peer torch``: whole trainings of the examples beside the same ones in PyTorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from rich.console import Console
from rich.table import Table

from engine.cli.bench_cpu_scaling import threads_in_words
from engine.cli.bench_side import GENEROUS_MALLOC, Side

EXAMPLES = ("digits", "shapes")
BAR = 2.0
"""How many times quicker the engine should be at least, by the least of the trainings."""

OURS = "engine"


@dataclass(frozen=True)
class Run:
    """One training: s by the clock, s of all processors, and the last test's error in %."""

    seconds: float
    processor: float
    error: float


Runs = Mapping[str, Sequence[Run]]
"""The trainings of each side."""


def compare(seeds: int) -> bool:
    """Train by turns with ``seeds`` seeds, print the sides, and return whether the bar is reached."""
    from engine.data.decoders import processors

    count = processors()
    reached = []
    for example in EXAMPLES:
        runs = measure(example, sorted({1, count}), seeds)
        Console().print(table(example, runs))
        reached.append(ratio(runs) >= BAR)
    return all(reached)


def measure(example: str, threads: Sequence[int], seeds: int) -> dict[str, list[Run]]:
    """Return the trainings of the engine, and of PyTorch on numbers of ``threads``: small ones want one."""
    order = {"example": example, "side": "engine", "threads": 0}
    sides = {OURS: Side("engine.cli.bench_learn_side", order, {})}
    for count in threads:
        of_torch = order | {"side": "torch", "threads": count}
        name = f"PyTorch, {threads_in_words(count)}"
        sides[name] = Side("engine.cli.bench_learn_side", of_torch, GENEROUS_MALLOC)
    runs: dict[str, list[Run]] = {name: [] for name in sides}
    for seed in range(seeds):
        for name, side in sides.items():
            seconds, processor, error = side.ask(f"run {seed}")
            runs[name].append(Run(seconds, processor, 100 * error))
    for side in sides.values():
        side.close()
    return runs


def ratio(runs: Runs) -> float:
    """Return how many times quicker the engine's least training is than the least of all of PyTorch's."""
    least = {name: min(run.seconds for run in of_side) for name, of_side in runs.items()}
    return min(seconds for name, seconds in least.items() if name != OURS) / least[OURS]


def table(example: str, runs: Runs) -> Table:
    """Return a row for each side: its least times, those as ratios to the engine's, and its mean error."""
    best = {
        name: (min(run.seconds for run in of_side), min(run.processor for run in of_side))
        for name, of_side in runs.items()
    }
    title = f"{example}, whole training: {ratio(runs):.2f} times as quick (bar {BAR})"
    made = Table("side", title=title, box=None, title_justify="left")
    for heading in ("seconds", "ratio", "of all processors", "ratio", "test error"):
        made.add_column(heading, justify="right")
    for name, (seconds, processor) in best.items():
        error = mean(run.error for run in runs[name])
        ratios = (f"{own / ours:.2f}" for own, ours in zip((seconds, processor), best[OURS], strict=True))
        by_clock, by_processors = ratios
        made.add_row(name, f"{seconds:.2f}", by_clock, f"{processor:.2f}", by_processors, f"{error:.2f} %")
    return made
