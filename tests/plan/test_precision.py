"""Plans that compute with bfloat16: each kernel is given the types that it takes."""

from __future__ import annotations

import pytest

from engine.graph.layer_graph import LayerGraph
from engine.plan.analysis.partition.whole import is_update
from engine.plan.compile.pipeline import compile_network
from engine.plan.types import Operation, TrainingPlan
from tests.graph.networks import small_graph
from tests.plan import test_every_layer

SUMS = {"dweights", "dbiases", "means", "scales", "average_means", "average_variances"}
OF_SOFTMAX = {("softmax.forward", "y"), ("softmax.backward", "y"), ("softmax.backward", "dy")}


def compiled(graph: LayerGraph) -> TrainingPlan:
    """Compile plain operations alone."""
    return compile_network(graph, 4, device="cuda", precision="bfloat16", fusions=())


def expected(operation: Operation, port: str) -> set[str]:
    """Return the types that a kernel takes at a port, as kernels/cuda/__init__.py has it."""
    if operation.kind == "cast.forward":
        return {"bfloat16", "float32"}
    if is_update(operation):
        return {"bfloat16" if port == "copy" else "float32"}
    if port.endswith("probabilities"):
        return {"bfloat16", "float32"}
    return {"float32" if port in SUMS or (operation.kind, port) in OF_SOFTMAX else "bfloat16"}


@pytest.mark.parametrize("graph", [*test_every_layer.networks()], ids=lambda graph: " ".join(graph.layers()))
def test_each_port_has_a_type_that_its_kernel_takes(graph: LayerGraph) -> None:
    plan = compiled(graph)
    for program in plan.programs.values():
        for operation in program.operations:
            for port, name in {**operation.inputs, **operation.outputs}.items():
                buffer = plan.buffers[name]
                if buffer.is_real and buffer.role not in {"control", "metrics", "workspace"}:
                    assert buffer.dtype in expected(operation, port), (operation.name, port)


def test_probabilities_are_the_same_type_as_their_gradient() -> None:
    for graph in test_every_layer.networks():
        plan = compiled(graph)
        for operation in plan.programs["train"].operations:
            ports = {**operation.inputs, **operation.outputs}
            if "dprobabilities" in ports:
                types = {plan.buffers[ports[port]].dtype for port in ("probabilities", "dprobabilities")}
                assert len(types) == 1, operation.name


def test_weights_that_are_read_are_copies_which_updates_write() -> None:
    plan = compiled(small_graph())
    weights = {buffer.name for buffer in plan.by_role("weight")}
    assert plan.copies.keys() == weights
    written = set()
    for operation in plan.programs["train"].operations:
        if is_update(operation):
            assert operation.outputs["copy"] == plan.copies[operation.outputs["weights"]]
            written.add(operation.outputs["weights"])
        else:
            assert weights.isdisjoint(operation.inputs.values())
    assert written == {slot.weight for slot in plan.slots}


def test_float32_has_no_copies() -> None:
    plan = compile_network(small_graph(), 4, device="cuda")
    assert not plan.copies
    assert not plan.by_role("weight copy")


def test_by_tf32_products_alone_are_computed_and_nothing_is_stored() -> None:
    """The same buffers as in float32; each product is told, and nothing else."""
    for graph in test_every_layer.networks():
        exact, rounded = (
            compile_network(graph, 4, device="cuda", precision=precision) for precision in ("float32", "tf32")
        )
        assert exact.buffers == rounded.buffers
        for program in rounded.programs.values():
            told = {
                operation.kind.partition(".")[0]
                for operation in program.operations
                if "tf32" in operation.attributes
            }
            others = {operation.kind.partition(".")[0] for operation in program.operations} - told
            products = {"conv", "fc", "fc_sgd", "local", "local_sgd"}
            assert told <= products
            assert others.isdisjoint(products)
