"""Splits on GPUs compute what one device computes: as threads that share a GPU, and by NCCL between two."""

from __future__ import annotations

import pytest

from engine.graph.presets import preset_split
from engine.plan.analysis.infer import infer
from engine.plan.compile.pipeline import compile_network
from engine.training.verification import deviation, make_batches, train
from tests.parallel.networks import devices, small
from tests.parallel.test_mpi import deviations, needs_mpi

pytestmark = pytest.mark.gpu

BATCH = 10


@pytest.mark.parametrize(
    ("preset", "scheme", "ranks"),
    [("data", "a", 2), ("model", "a", 2), ("hybrid", "a", 3), ("hybrid", "b", 2), ("hybrid", "c", 2)],
)
def test_ranks_that_share_a_gpu_give_the_answer_of_the_cpu(preset: str, scheme: str, ranks: int) -> None:
    network = small("imagenet", 32, 32)
    layers = infer(network.graph)
    batches = make_batches(layers, BATCH, 3, seed=1)
    split = preset_split(network.graph, preset, devices(ranks), scheme)  # type: ignore[arg-type]
    plan = compile_network(network.graph, BATCH, device="cuda", dtype="float64", split=split)
    one = train(compile_network(network.graph, BATCH, dtype="float64"), network, layers, batches)
    found = deviation(one, train(plan, network, layers, batches))
    assert max(found.values()) <= 1e-10, found


@pytest.mark.parametrize("example", ["cifar10", "imagenet"])
def test_one_gpu_gives_the_answer_of_the_cpu(example: str) -> None:
    """With all that GPUs do at once, in float64, on short batches too: what ``convnet verify`` finds."""
    network = small(example, 32, 32)
    layers = infer(network.graph)
    batches = make_batches(layers, BATCH, 3, seed=1)
    one = train(compile_network(network.graph, BATCH, dtype="float64"), network, layers, batches)
    plan = compile_network(network.graph, BATCH, device="cuda", dtype="float64")
    assert any(kind.kind == "fc_sgd.update" for kind in plan.programs["train"].operations)
    found = deviation(one, train(plan, network, layers, batches, devices=("cuda:0",)))
    assert max(found.values()) <= 1e-10, found


@needs_mpi
@pytest.mark.parametrize(
    ("preset", "scheme"), [("data", "a"), ("model", "a"), ("hybrid", "a"), ("hybrid", "b"), ("hybrid", "c")]
)
def test_two_gpus_give_the_answer_of_the_cpu(preset: str, scheme: str) -> None:
    _need_two()
    found = deviations("mpi_ranks", 2, preset, scheme, "cuda")
    assert len(found) == 2
    assert max(found) <= 1e-10


@needs_mpi
def test_the_plan_written_by_hand_and_the_compiled_one_give_the_answer_of_the_cpu() -> None:
    """On two GPUs, scheme b, with NCCL's calls in the captured step."""
    _need_two()
    found = deviations("hand_written", 2, "cuda")
    assert len(found) == 4
    assert max(found) <= 1e-10


def _need_two() -> None:
    import cupy

    if cupy.cuda.runtime.getDeviceCount() < 2:
        pytest.skip("needs two GPUs")
