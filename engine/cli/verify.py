"""``convnet verify``: proves that a split computes what one device computes."""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from engine.graph.network_file import load
from engine.graph.presets import choose_split
from engine.graph.validate import check_network
from engine.parallel.devices import device_names
from engine.plan.analysis.infer import infer
from engine.plan.compile.pipeline import compile_network
from engine.plan.types import DType
from engine.runtime.devices import device_kind
from engine.training.serial_passes import train_in_passes
from engine.training.verification import deviation, make_batches, train

LARGEST_DEVIATION = 1e-10
"""Of weights and figures in float64, relative to the largest value of each array."""


def verify(path: Path, devices: str, split: str, *, steps: int, batch_size: int | None, single: bool) -> None:
    """Train a network over ranks that are threads, and on one CPU, in float64; print how they differ.

    With ``single``, print too how they differ in float32, which proves nothing: rounding grows in training.
    Raises typer.Exit with code 1 where they differ by more than rounding, and ConvNetError where the network
    cannot be split so.
    """
    network = load(path)
    check_network(network.graph)
    layers = infer(network.graph)
    size = batch_size or network.training.batch_size
    names = device_names(devices)
    kind = device_kind(names[0])
    chosen = choose_split(network.graph, network.splits, split if len(names) > 1 else "", len(names))
    batches = make_batches(layers, size, steps, network.training.seed)
    unsplit = dataclasses.replace(chosen, devices=("A",), layers=(), scheme="a")

    def deviations(dtype: DType) -> dict[str, float]:
        compiled = partial(compile_network, network.graph, size, dtype=dtype, training=network.training)
        if chosen.updates == "pass":
            one = train_in_passes(network, layers, batches, chosen, dtype)
        else:
            one = train(compiled(split=unsplit), network, layers, batches)
        other = train(compiled(split=chosen, device=kind), network, layers, batches, devices=names)
        return deviation(one, other)

    found = deviations("float64")
    worst = max(found.values())
    console = Console()
    where = f"{chosen.name} over {len(names)} devices" if len(names) > 1 else names[0]
    console.print(_table(found, where, steps))
    verdict = "the same answer" if worst <= LARGEST_DEVIATION else "another answer"
    console.print(f"Largest relative deviation {worst:.2e}: {verdict} (bar {LARGEST_DEVIATION:g}).")
    if single:
        console.print(f"In float32 it is {max(deviations('float32').values()):.2e}.")
    if worst > LARGEST_DEVIATION:
        raise typer.Exit(1)


def _table(found: dict[str, float], where: str, steps: int) -> Table:
    table = Table(title=f"{where}, {steps} steps, float64")
    table.add_column("array")
    table.add_column("relative deviation", justify="right")
    for name, value in found.items():
        table.add_row(name, f"{value:.2e}")
    return table
