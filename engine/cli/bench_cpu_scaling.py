"""``convnet bench cpu --scaling``: how the time of a step grows with the batch and shrinks with threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.cli.bench_side import Side

BATCHES = tuple(2**power for power in range(11))
"""1, 2, 4 … 1,024 examples."""

_WARM_UP = 2
_BAR = 40
"""Characters of the longest bar of the plot."""

Times = Mapping[int, Mapping[int, float]]
"""Least s of a step by batch size, and then by threads."""


def scaling(network: Path, batches: Sequence[int], threads: Sequence[int], steps: int) -> Times:
    """Return the least time of ``steps`` steps of each batch size; thread counts take turns."""
    return {batch: _least(network, batch, threads, steps) for batch in batches}


def _least(network: Path, batch: int, threads: Sequence[int], steps: int) -> dict[int, float]:
    sides = {
        count: Side(
            "engine.cli.bench_cpu_side",
            {"network": str(network), "batch_size": batch, "threads": count, "side": "ours"},
            {"CONVNET_THREADS": str(count)},
        )
        for count in threads
    }
    times: dict[int, list[float]] = {count: [] for count in threads}
    for _ in range(_WARM_UP + steps):
        for count, side in sides.items():
            times[count].append(side.ask("step")[0])
    for side in sides.values():
        side.close()
    return {count: min(seconds[_WARM_UP:]) for count, seconds in times.items()}


def describe_scaling(name: str, times: Times) -> str:
    """Return a table of the steps' times, and a plot of examples/s with a bar for each number of threads."""
    counts = list(next(iter(times.values())))
    most = max(batch / seconds for batch, row in times.items() for seconds in row.values())
    head = "".join(f"{f'ms, {threads_in_words(count)}':>16}" for count in counts)
    lines = [f"{name}, ms a step, the least", f"  batch{head}  quicker by"]
    for batch, row in times.items():
        cells = "".join(f"{row[count] * 1e3:16.2f}" for count in counts)
        lines.append(f"{batch:7,}{cells}{row[counts[0]] / row[counts[-1]]:11.2f} ×")
    lines.append(f"{name}, examples/s")
    for batch, row in times.items():
        for number, count in enumerate(counts):
            speed = batch / row[count]
            label = f"{batch:7,}" if number == 0 else " " * 7
            bar = "█▓▒░"[number % 4] * max(1, round(_BAR * speed / most))
            lines.append(f"{label}  {threads_in_words(count):>10} {bar} {speed:,.0f}")
    return "\n".join(lines)


def threads_in_words(count: int) -> str:
    """Return "1 thread", "2 threads" and so on."""
    return f"{count} thread" if count == 1 else f"{count} threads"
