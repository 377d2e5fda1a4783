"""Every kernel for GPUs agrees with its twin on the CPU in float64, in each precision, within networks."""

from __future__ import annotations

import pytest

from engine.cli.bench_engine import fill
from engine.graph.layer_graph import LayerGraph
from engine.plan.compile.pipeline import compile_network
from engine.plan.types import Precision
from engine.runtime.accuracy import BARS, errors
from engine.runtime.executor import Executor
from tests.plan.test_every_layer import networks


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["float32", "tf32", "bfloat16"])
@pytest.mark.parametrize("graph", list(networks()), ids=lambda graph: "-".join(graph.order()))
def test_kernels_agree_with_float64(graph: LayerGraph, precision: Precision) -> None:
    """Each is given what those before it made, and held against its bar."""
    plan = compile_network(graph, 4, device="cuda", precision=precision)
    executor = Executor(plan, device="cuda:0")
    fill(executor, plan)
    for program in plan.programs:
        found = {operation.name: error for operation, error in errors(executor, program)}
        assert found
        assert {name: error for name, error in found.items() if not error <= BARS[precision]} == {}
