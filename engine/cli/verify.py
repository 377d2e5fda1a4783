"""``convnet verify``: proves that a split computes what one device computes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from engine.cli.launched import ask
from engine.cli.verify_side import Numbers, Order, compare
from engine.graph.network_file import load
from engine.graph.presets import choose_split
from engine.graph.validate import check_network
from engine.parallel.devices import device_names
from engine.runtime.devices import device_kind

LARGEST_DEVIATION = 1e-10
"""Of weights and figures in float64, relative to the largest value of each array."""


def verify(path: Path, devices: str, split: str, *, steps: int, batch_size: int | None, single: bool) -> None:
    """Train a network over ranks, and on one CPU, in float64; print how they differ.

    Ranks on the CPU are threads; those on several GPUs are processes, as in training. With ``single``, print
    too how they differ in float32, and on GPUs in bfloat16, which proves nothing: rounding grows in training.
    Raises typer.Exit with code 1 where they differ by more than rounding, and ConvNetError where the network
    cannot be split so.
    """
    network = load(path)
    check_network(network.graph)
    names = device_names(devices)
    kind = device_kind(names[0])
    name = split if len(names) > 1 else ""
    chosen = choose_split(network.graph, network.splits, name, len(names))
    size = batch_size or network.training.batch_size
    order = Order(str(path.absolute()), devices, name, steps, size, "float64")
    found = _deviations(order, kind)
    worst = max(found.values())
    console = Console()
    where = f"{chosen.name} over {len(names)} devices" if len(names) > 1 else names[0]
    console.print(_table(found, where, steps))
    verdict = "the same answer" if worst <= LARGEST_DEVIATION else "another answer"
    console.print(f"Largest relative deviation {worst:.2e}: {verdict} (bar {LARGEST_DEVIATION:g}).")
    others: tuple[Numbers, ...] = ("float32", "bfloat16") if kind == "cuda" else ("float32",)
    for numbers in others if single else ():
        rounded = _deviations(msgspec.structs.replace(order, numbers=numbers), kind)
        console.print(f"In {numbers} it is {max(rounded.values()):.2e}.")
    if worst > LARGEST_DEVIATION:
        raise typer.Exit(1)


def _deviations(order: Order, kind: str) -> dict[str, float]:
    if kind == "cpu" or len(device_names(order.devices)) == 1:
        return compare(order)
    found: dict[str, float] = ask("engine.cli.verify_side", order.devices, order)
    return found


def _table(found: dict[str, float], where: str, steps: int) -> Table:
    table = Table(title=f"{where}, {steps} steps, float64")
    table.add_column("array")
    table.add_column("relative deviation", justify="right")
    for name, value in found.items():
        table.add_row(name, f"{value:.2e}")
    return table
