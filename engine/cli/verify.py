"""``convnet verify``: proves that a split computes what one device computes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from engine.errors import DeviceError, PlanError
from engine.graph.layer_graph import LayerGraph
from engine.graph.network_file import load
from engine.graph.presets import PRESETS, preset_split
from engine.graph.split import SCHEMES, Split
from engine.graph.validate import check_network
from engine.plan.analysis.infer import infer
from engine.plan.compile.pipeline import compile_network
from engine.training.verification import deviation, make_batches, train

LARGEST_DEVIATION = 1e-10
"""Of weights and figures in float64, relative to the largest value of each array."""

_MOST_DEVICES = 26


def verify(path: Path, devices: str, split: str, steps: int, batch_size: int | None) -> None:
    """Train a network split over ranks that are threads, and unsplit, in float64; print how they differ.

    Raises typer.Exit with code 1 where they differ by more than rounding, and ConvNetError where the network
    cannot be split so.
    """
    network = load(path)
    check_network(network.graph)
    layers = infer(network.graph)
    size = batch_size or network.training.batch_size
    chosen = choose_split(network.graph, network.splits, split, count_devices(devices))
    batches = make_batches(layers, size, steps, network.training.seed)
    one, other = (
        train(compile_network(network.graph, size, dtype="float64", split=each), network, layers, batches)
        for each in (dataclasses.replace(chosen, devices=("A",), layers=(), scheme="a"), chosen)
    )
    found = deviation(one, other)
    worst = max(found.values())
    console = Console()
    console.print(_table(found, chosen, steps))
    verdict = "the same answer" if worst <= LARGEST_DEVIATION else "another answer"
    console.print(f"Largest relative deviation {worst:.2e}: {verdict} (bar {LARGEST_DEVIATION:g}).")
    if worst > LARGEST_DEVIATION:
        raise typer.Exit(1)


def count_devices(devices: str) -> int:
    """Return the number of devices in "cpu:4"; raises DeviceError where it says something else."""
    kind, _, count = devices.partition(":")
    if kind != "cpu" or not count.isdecimal() or not 0 < int(count) <= _MOST_DEVICES:
        raise DeviceError(
            device=devices, missing=f"expected cpu:N with N up to {_MOST_DEVICES}", hint="Use cpu:2."
        )
    return int(count)


def choose_split(graph: LayerGraph, splits: tuple[Split, ...], name: str, count: int) -> Split:
    """Return the split of a file by its ``name``, or a preset: data, model, hybrid, hybrid-b, hybrid-c.

    Raises PlanError where there is none, or where it has not ``count`` devices.
    """
    preset, _, scheme = name.partition("-")
    scheme = scheme or SCHEMES[0]
    if preset in PRESETS and scheme in SCHEMES:
        devices = tuple(chr(ord("A") + number) for number in range(count))
        return preset_split(graph, preset, devices, scheme)  # type: ignore[arg-type]
    for split in splits:
        if split.name == name and len(split.devices) == count:
            return split
    raise PlanError(
        layer=f'split "{name}"',
        expected=f"{', '.join(PRESETS)}, hybrid-b, hybrid-c, or a split of the file over {count} devices",
        found="none of these",
        hint=f"The file has {', '.join(split.name for split in splits)}.",
    )


def _table(found: dict[str, float], split: Split, steps: int) -> Table:
    table = Table(title=f"{split.name} over {len(split.devices)} devices, {steps} steps, float64")
    table.add_column("array")
    table.add_column("relative deviation", justify="right")
    for name, value in found.items():
        table.add_row(name, f"{value:.2e}")
    return table
