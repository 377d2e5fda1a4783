"""``convnet bench split``: how fast a network trains on several devices, and what is hidden."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

SPLITS = ("data", "model", "hybrid", "hybrid-b", "hybrid-c")
"""Splits that are measured where none is named."""

_SIDE = "engine.cli.bench_split_side"


def bench_split(
    network: Annotated[Path, typer.Argument(help="A *.convnet file.", show_default=False)],
    *,
    devices: Annotated[str, typer.Option(metavar="cpu:N|cuda:0,cuda:1", help="Where to train.")] = "cpu:2",
    split: Annotated[
        list[str] | None, typer.Option(help="As in train; may be repeated.", show_default="all presets")
    ] = None,
    examples: Annotated[
        int | None, typer.Option(min=1, help="For each device.", show_default="the network's batch")
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Steps to time.")] = 20,
    trace: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write one step of the last split, for Chrome's trace viewer."),
    ] = None,
    output: Annotated[Path | None, typer.Option(help="A file for the figures, as JSON.")] = None,
) -> None:
    """Time training steps on one device and split over several, on random pictures that are there already.

    Each split is timed twice: with so many examples for each device, and with so many in all.
    """
    from rich.console import Console

    from engine.cli.bench_split_side import Order
    from engine.cli.launched import ask
    from engine.graph.network_file import load
    from engine.parallel.devices import device_names
    from engine.runtime.devices import device_kind

    names = device_names(devices)
    for name in names:
        device_kind(name)
    each = examples or load(network).training.batch_size
    chosen = tuple(split or SPLITS)
    alone = ask(_SIDE, names[0], Order(str(network.absolute()), names[0], ("",), (each,), steps))
    sizes = (each * len(names), each)
    where = None if trace is None else str(trace.absolute())
    split_up = ask(_SIDE, devices, Order(str(network.absolute()), devices, chosen, sizes, steps, where))
    found = [*alone, *split_up]
    Console().print(_table(found))
    if output is not None:
        output.write_text(json.dumps(found, indent=2), encoding="utf-8")


def _table(results: list[dict[str, Any]]) -> Any:
    from rich.table import Table

    table = Table(title=results[-1]["device"], box=None)
    headings = (
        "split",
        "devices",
        "batch",
        "ms a step",
        "examples/s",
        "× one",
        "MB sent",
        "gradients hidden",
    )
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="left" if number == 0 else "right")
    one = results[0]["examples_per_second"]
    for result in results:
        hidden = result["hidden"]
        table.add_row(
            result["split"] or "one device",
            str(result["ranks"]),
            str(result["batch_size"]),
            f"{result['ms']:.2f}",
            f"{result['examples_per_second']:,.0f}",
            f"{result['examples_per_second'] / one:.2f}",
            f"{result['sent_bytes'] / 1e6:,.1f}",
            "" if hidden is None else f"{hidden:.0%}",
        )
    return table
