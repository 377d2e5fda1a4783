"""What is told of a drawing about gradients is what the compiled plan does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.graph.examples import load_example
from engine.graph.layer_graph import LayerGraph
from engine.graph.validate import inspect_network
from engine.plan.analysis.gradient_flow import gradient_wires
from engine.plan.compile.pipeline import compile_network


def planned(graph: LayerGraph) -> set[str]:
    """Return the layers whose output has a gradient in the plan."""
    plan = compile_network(graph, 2)
    gradients = {buffer.name for buffer in plan.by_role("gradient")}
    return {name for name in graph if any(gradient.startswith(f"{name}.") for gradient in gradients)}


@pytest.mark.parametrize("name", ["digits", "cifar10", "resnet20"])
@pytest.mark.parametrize("frozen", [0, 1, 3])
def test_wires_with_a_gradient_are_those_of_the_plan(name: str, frozen: int) -> None:
    graph = load_example(name).graph
    learning = [layer for layer in graph if hasattr(graph[layer], "frozen")]
    for layer in learning[:frozen]:
        graph.replace(layer, replace(graph[layer], frozen=True))  # type: ignore[call-arg]
    # Softmax and cross entropy are one operation in the plan: what is between them is not there.
    told = {wire.source for wire in gradient_wires(graph, inspect_network(graph))}
    assert told - {"probs"} == planned(graph)
