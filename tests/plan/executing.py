"""Plans made ready to run: random weights and batches, and memory of its own for each buffer."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.graph.layer_graph import LayerGraph, Wire
from engine.layers.base import Layer, ShapeRuleError, TensorType
from engine.layers.catalogue import Conv, CrossEntropy, Data, Dropout, Fc, Labels, Neuron, Pool, Softmax
from engine.layers.cost_layer import CostLayer
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.plan.types import Buffer, Placement, TrainingPlan
from engine.runtime.device import Call
from engine.runtime.executor import Executor
from kernels import control

CLASSES = 3


def head(graph: LayerGraph, source: str, coefficient: float = 1.0) -> None:
    """Add a fully connected layer, a softmax and a cost after ``source``."""
    graph.add(f"{source}-fc", Fc(outputs=CLASSES))
    graph.add(f"{source}-probs", Softmax())
    graph.add(f"{source}-loss", CrossEntropy(coefficient=coefficient))
    graph.connect(Wire(source, f"{source}-fc"))
    graph.connect(Wire(f"{source}-fc", f"{source}-probs"))
    graph.connect(Wire(f"{source}-probs", f"{source}-loss"))
    graph.connect(Wire("labels", f"{source}-loss", 1))


def start() -> LayerGraph:
    """Return a graph of data, 5 × 6 × 2, and labels."""
    graph = LayerGraph()
    graph.add("data", Data(size=(5, 6), channels=2))
    graph.add("labels", Labels())
    return graph


SOME_LAYERS: tuple[Layer, ...] = (
    Fc(outputs=4, neuron="logistic"),
    Fc(outputs=3, rate=0.0),
    Fc(outputs=2, frozen=True, neuron="tanh"),
    Neuron(neuron="relu"),
    Neuron(neuron="none"),
    Dropout(keep=0.6),
    Conv(filters=2, size=(3, 2), padding=(1, 0), neuron="tanh"),
    Conv(filters=3, size=(2, 2), padding=(0, 1), stride=(1, 2), neuron="none"),
    Conv(filters=2, size=(1, 1), padding=(0, 0), frozen=True),
    Pool(size=(2, 2), stride=(1, 2)),
    Pool(pool="avg", size=(2, 3), stride=(2, 1), start=(-1, 0)),
)


def fits(layer: Layer, kind: TensorType) -> bool:
    """Whether a layer takes an input of a kind."""
    try:
        layer.output((kind,))
    except ShapeRuleError:
        return False
    return True


@st.composite
def branching_networks(draw: st.DrawFn) -> LayerGraph:
    """Networks without problems whose layers feed any number of others; each leaf has a cost."""
    graph = start()
    outputs = {"data": graph["data"].output(())}
    for number in range(draw(st.integers(0, 6))):
        source = draw(st.sampled_from(list(outputs)))
        layer = draw(st.sampled_from([layer for layer in SOME_LAYERS if fits(layer, outputs[source])]))
        name = f"layer{number}"
        graph.add(name, layer)
        graph.connect(Wire(source, name))
        outputs[name] = layer.output((outputs[source],))
    for source in outputs:
        if not graph.outputs(source):
            head(graph, source, draw(st.sampled_from([1.0, 0.5])))
    return graph


def spread(plan: TrainingPlan) -> TrainingPlan:
    """Return the plan with a place of its own for each buffer."""
    offset = 0
    places = {}
    for name, buffer in plan.buffers.items():
        places[name] = Placement(offset, buffer.nbytes(0))
        offset += -(-buffer.nbytes(0) // 64) * 64
    programs = {
        name: dataclasses.replace(program, placements={0: {b: places[b] for b in program.placements[0]}})
        for name, program in plan.programs.items()
    }
    return dataclasses.replace(plan, programs=programs, arena_bytes={0: offset})


def fill(executor: Executor, plan: TrainingPlan, seed: int, valid: int | None = None) -> None:
    """Put random weights, a random batch and the settings of a step into an executor's arrays."""
    chance = np.random.default_rng(seed)
    for buffer in plan.buffers.values():
        if not buffer.persistent:
            continue
        array = executor.arrays[buffer.name]
        if buffer.role == "labels":
            array[...] = chance.integers(0, CLASSES, array.shape)
        elif buffer.role in ("weight", "input"):
            array[...] = chance.normal(size=array.shape)
        else:
            array[...] = 0
    counters = executor.arrays["counters"]
    counters[control.SEED] = 7
    counters[control.STEP] = 3
    counters[control.VALID] = plan.batch_size if valid is None else valid
    counters[control.FIRST_BAD_STEP] = control.NO_BAD_STEP
    counters[control.UPDATE] = 1
    executor.arrays["settings"][...] = (0.1, 0.9, 0.01)


def loss(executor: Executor, graph: LayerGraph, program: str = TRAIN) -> float:
    """Run a program and return the weighted sum of all costs."""
    return loss_after(lambda: executor.run(program), executor, graph)


def loss_after(run: Call, executor: Executor, graph: LayerGraph) -> float:
    """Let ``run`` fill the costs' metrics, and return the weighted sum of all costs."""
    total = 0.0
    costs = {name: layer for name, layer in graph.layers().items() if isinstance(layer, CostLayer)}
    for name in costs:
        executor.arrays[f"{name}.metrics"][...] = 0
    run()
    for name, cost in costs.items():
        metrics = executor.arrays[f"{name}.metrics"]
        total += cost.coefficient * metrics[control.LOSS] / metrics[control.EXAMPLES]
    return total


def transient(plan: TrainingPlan, executor: Executor, program: str) -> Iterator[tuple[Buffer, NDArray[Any]]]:
    """Yield the buffers of a program that may be written over, and their arrays."""
    for name in plan.programs[program].placements[0]:
        if not plan.buffers[name].persistent:
            yield plan.buffers[name], executor.content(program, name)


def until_losses(executor: Executor) -> Call:
    """Return the run of a step's operations as far as the last that has to do with a cost's metrics."""
    operations = list(executor.calls(TRAIN))
    counts = [any(name.endswith(".metrics") for name in op.outputs.values()) for op, _ in operations]
    calls = [call for _, call in operations[: len(counts) - counts[::-1].index(True)]]

    def run() -> None:
        for call in calls:
            call()

    return run


def check_gradients(graph: LayerGraph, batch_size: int = 3, seed: int = 0, valid: int | None = None) -> None:
    """Compare the gradient of each weight that learns with central differences of the loss, in float64."""
    plan = spread(compile_network(graph, batch_size, dtype="float64"))
    executor = Executor(plan)
    fill(executor, plan, seed, valid)
    executor.arrays["counters"][control.UPDATE] = 0
    loss(executor, graph)
    gradients = {
        slot.weight: executor.content(TRAIN, f"{slot.weight}.gradient").copy().reshape(-1)
        for slot in plan.slots
    }
    forward = until_losses(executor)
    for name, gradient in gradients.items():
        weights = executor.arrays[name].reshape(-1)
        for index in range(weights.size):
            before = weights[index]
            ends = []
            for step in (1e-5, -1e-5):
                weights[index] = before + step
                ends.append(loss_after(forward, executor, graph))
            weights[index] = before
            expected = (ends[0] - ends[1]) / 2e-5
            assert abs(gradient[index] - expected) <= 1e-7 + 1e-6 * abs(expected), (name, index)
