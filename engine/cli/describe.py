"""``convnet describe``: the layers of a network with outputs, weights and cost, and its problems."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from engine.errors import InvalidNetworkError
from engine.graph.layer_graph import LayerGraph
from engine.graph.network_file import load
from engine.graph.presets import choose_split
from engine.graph.validate import Inspection, inspect_network
from engine.layers.base import Cost
from engine.parallel.devices import device_names
from engine.plan.analysis.cost import layer_costs, total_cost
from engine.plan.compile.pipeline import compile_network
from engine.plan.table import format_plan, format_table
from engine.plan.types import Precision
from engine.runtime.devices import best_code

HEADINGS = ("layer", "type", "shape", "outputs", "weights", "biases", "multiply-adds", "settings")


def describe(path: Path, *, plan: bool = False, split: str | None = None, devices: str = "cpu:1") -> None:
    """Print the table of a network's layers; with ``plan``, the compiled plan too, under a split if named.

    Raises FileFormatError for what is no network file, and InvalidNetworkError, after the table, with all
    problems of the network.
    """
    network = load(path)
    inspection = inspect_network(network.graph)
    lines = format_table([HEADINGS, *layer_rows(network.graph, inspection)], right=frozenset({3, 4, 5, 6}))
    print("\n".join(lines))
    if inspection.problems:
        raise InvalidNetworkError(inspection.problems)
    if plan:
        names = device_names(devices)
        kind: Literal["cpu", "cuda"] = "cpu" if names[0] == "cpu" else "cuda"
        compiled = compile_network(
            network.graph,
            network.training.batch_size,
            device=kind,
            code=best_code(kind) if kind == "cpu" else "",
            split=choose_split(network.graph, network.splits, split or "", len(names)),
            training=network.training,
            precision=_precision(names[0], network.training.precision),
        )
        print("\n".join(format_plan(compiled, rank) for rank in compiled.ranks))


def _precision(device: str, asked: str) -> Precision:
    """Return what a device multiplies with; the GPU, which need not be here, is taken to be recent."""
    if device == "cpu" or asked == "float32":
        return "float32"
    return "tf32" if asked == "tf32" else "bfloat16"


def layer_rows(graph: LayerGraph, inspection: Inspection) -> Iterator[tuple[str, ...]]:
    """Yield a row for each layer, and their sum, under HEADINGS."""
    costs = layer_costs(graph, inspection)
    for name, layer in graph.layers().items():
        shape = str(inspection.outputs.get(name, "?"))
        yield name, layer.kind, shape, *_numbers(costs.get(name)), layer.caption()
    yield "sum", "", "", *_numbers(total_cost(costs)), ""


def _numbers(cost: Cost | None) -> tuple[str, ...]:
    """Outputs and costs as text: empty where there is nothing, "?" where nothing is known."""
    if cost is None:
        return ("?",) * 4
    numbers = (cost.activations, cost.weights, cost.biases, cost.multiply_adds)
    return tuple(str(number or "") for number in numbers)
