"""Compiles a split network, and counts what its plan holds and sends."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import partial

from engine.forecast.waiting import waiting
from engine.graph.layer_graph import LayerGraph
from engine.graph.network_file import NetworkFile
from engine.graph.validate import check_network
from engine.plan.analysis.traffic import sent_bytes
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.plan.types import Buffer, Operation, TrainingPlan
from engine.protocol.forecasts import DeviceForecast, Forecast, LayerTraffic, WireTraffic
from engine.protocol.problems import phrase_of
from engine.words import Words

_GRADIENTS = "gradients"
"""The layer of operations that sum up gradients of weights of several layers."""


_Place = tuple[str, str]
"""The layer that something comes from, "" where it is of weights, and the layer that it goes to."""


def forecast(network: NetworkFile) -> Forecast:
    """Return what a training under the network's first split takes; raises ConvNetError as compiling does."""
    check_network(network.graph)
    compile_it = partial(
        compile_network, network.graph, network.training.batch_size, training=network.training
    )
    split = network.splits[0]
    plan = compile_it(split=split)
    on_gpus = compile_it(split=split, device="cuda", precision="bfloat16")
    by_rank: Counter[int] = Counter()
    by_operation = {}
    for operation in plan.programs[TRAIN].operations:
        sent = sent_bytes(operation, plan.buffers)
        by_rank.update(sent)
        by_operation[operation.name] = sum(sent.values())
    sent_by_place = {place: round(sent) for place, sent in _by_place(network, plan, by_operation).items()}
    waits = _by_place(network, on_gpus, waiting(on_gpus, TRAIN))
    told = [
        (place, sent, waits[place])
        for place, sent in sent_by_place.items()
        if sent and place[1] in network.graph
    ]
    return Forecast(
        devices=tuple(DeviceForecast(plan.arena_bytes[rank], by_rank[rank]) for rank in plan.ranks),
        wires=tuple(WireTraffic(*place, sent, seconds) for place, sent, seconds in told if place[0]),
        layers=tuple(LayerTraffic(place[1], sent, seconds) for place, sent, seconds in told if not place[0]),
        # The other notes, on what was fused, are of the plan alone.
        notes=tuple(phrase_of(note) for note in plan.notes if isinstance(note, Words)),
    )


def _by_place(
    network: NetworkFile, plan: TrainingPlan, amounts: Mapping[str, float]
) -> defaultdict[_Place, float]:
    """Add up ``amounts`` of communications, by their names, over the wires and layers that they belong to."""
    found: defaultdict[_Place, float] = defaultdict(float)
    for operation in plan.programs[TRAIN].operations:
        if operation.communicator is not None:
            for place, share in _places(operation, plan.buffers):
                found[_of_graph(network.graph, place)] += amounts.get(operation.name, 0.0) * share
    return found


def _of_graph(graph: LayerGraph, place: _Place) -> _Place:
    """Return the wire of a place, or else the layer for whose weights something is sent.

    Where GPUs do the work of several layers at once, it is the wire that leads to the first of them.
    """
    source, target = place
    followers = [wire.target for wire in graph.wires() if wire.source == source]
    if target in followers:
        return place
    return (source, followers[0]) if len(followers) == 1 else ("", target)


def _places(operation: Operation, buffers: Mapping[str, Buffer]) -> Iterator[tuple[_Place, float]]:
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
