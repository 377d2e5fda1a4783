"""Compiles a split network, and counts what its plan holds and sends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from engine.graph.network_file import NetworkFile
from engine.graph.validate import check_network
from engine.plan.analysis.traffic import sent_bytes
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.plan.types import Buffer, Operation
from engine.protocol.forecasts import DeviceForecast, Forecast, LayerTraffic, WireTraffic

_GRADIENTS = "gradients"
"""The layer of operations that sum up gradients of weights of several layers."""


def forecast(network: NetworkFile) -> Forecast:
    """Return what a training under the network's first split takes; raises ConvNetError as compiling does."""
    check_network(network.graph)
    plan = compile_network(
        network.graph, network.training.batch_size, split=network.splits[0], training=network.training
    )
    alone = compile_network(network.graph, network.training.batch_size, training=network.training)
    wires = {(wire.source, wire.target) for wire in network.graph.wires()}
    by_wire: Counter[tuple[str, str]] = Counter()
    by_layer: Counter[str] = Counter()
    by_rank: Counter[int] = Counter()
    for operation in plan.programs[TRAIN].operations:
        sent = sent_bytes(operation, plan.buffers)
        by_rank.update(sent)
        for place, share in _places(operation, plan.buffers):
            count = round(sum(sent.values()) * share)
            if place in wires:
                by_wire[place] += count
            elif place[1] in network.graph:
                by_layer[place[1]] += count
    return Forecast(
        devices=tuple(DeviceForecast(plan.arena_bytes[rank], by_rank[rank]) for rank in plan.ranks),
        wires=tuple(WireTraffic(*wire, count) for wire, count in by_wire.items() if count),
        layers=tuple(LayerTraffic(layer, count) for layer, count in by_layer.items() if count),
        notes=tuple(note for note in plan.notes if note not in alone.notes),
    )


def _places(operation: Operation, buffers: Mapping[str, Buffer]) -> Iterator[tuple[tuple[str, str], float]]:
    """Yield from which layer to which a communication goes, and what share of it.

    What is summed up for several layers belongs to each of them, by the size of its gradients.
    """
    if operation.layer == _GRADIENTS:
        sizes = Counter[str]()
        for name in operation.inputs.values():
            sizes[name.partition(".")[0]] += buffers[name].nbytes(operation.ranks[0])
        for layer, size in sizes.items():
            yield ("", layer), size / sizes.total()
        return
    outputs = (
        name.partition(".")[0]
        for name in (*operation.inputs.values(), *operation.outputs.values())
        if ".output" in name
    )
    yield (next(outputs, ""), operation.layer), 1.0
