"""Every kernel for GPUs compiles, for the geometry that networks ask for. No GPU is needed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from engine.graph.layer_graph import Wire
from engine.graph.network_file import load
from engine.graph.settings import TrainingSettings
from engine.layers.catalogue import BatchNorm, Conv, CrossEntropy, Data, Fc, Labels, Pool, Softmax, Sum2
from engine.plan.compile.fuse import FUSIONS, SOFTMAX
from engine.plan.compile.pipeline import compile_network
from engine.plan.types import TrainingPlan
from kernels.cuda import _compile
from kernels.registry import operations
from tests.graph.networks import chain
from tests.kernels.cuda import nvrtc
from tests.kernels.cuda.launches import Unit, launch, noted
from tests.plan import test_every_layer
from tests.runtime.test_gpu_fusions import graph as joined

EXAMPLES = Path(__file__).parents[3] / "resources" / "examples"

QUICKLY = "--Ofast-compile=max"
"""An option to find the same errors without all optimisations, in half the time."""

pytestmark = pytest.mark.skipif(nvrtc.folder() is None, reason="the compiler's wheel is not installed")


def small_plans(**choices: Any) -> Iterator[TrainingPlan]:
    """Yield plans for GPUs that have every operation among them."""
    through, norm = test_every_layer.through, BatchNorm()
    cast = through(norm)  # a cost reads probabilities, which are float32, as numbers of a batch
    cast.add("sum", Sum2())
    cast.connect(Wire("layer-probs", "sum"))
    pooled = chain(
        data=Data(size=(9, 8), channels=3),
        labels=Labels(),
        conv=Conv(filters=8, size=(3, 3), neuron="relu"),
        pool=Pool(),
        fc=Fc(outputs=10),
        probs=Softmax(),
        loss=CrossEntropy(),
    )
    others = through(Pool()), through(Pool(pool="avg")), cast, pooled
    for graph in (*test_every_layer.networks(), *others):
        yield compile_network(graph, 4, device="cuda", **choices)
    for fusions in (FUSIONS, ()):
        yield compile_network(joined(), 4, device="cuda", fusions=fusions, **choices)
    yield compile_network(through(norm), 4, device="cuda", fusions=(), **choices)
    by_adamw = TrainingSettings(optimiser="adamw")
    for fusions in ({SOFTMAX}, FUSIONS):
        yield compile_network(through(norm), 4, device="cuda", training=by_adamw, fusions=fusions, **choices)


@pytest.mark.parametrize(
    ("choices", "architecture"),
    [
        ({"precision": "bfloat16"}, "sm_80"),
        ({"precision": "tf32"}, "sm_80"),
        ({"dtype": "float32"}, "compute_75"),
        ({"dtype": "float64"}, "compute_75"),
    ],
    ids=["bfloat16", "tf32", "float32", "float64"],
)
def test_every_kernel_compiles(choices: dict[str, Any], architecture: str) -> None:
    """For one geometry each, and the oldest GPU that has the type."""
    launched, units = launches(**choices)
    of_bfloat16 = {"cast.forward", "pooled_conv.forward", "pooled_conv.backward_weights"}
    assert launched | of_bfloat16 == set(operations("cuda"))
    assert choices.get("precision") != "bfloat16" or of_bfloat16 <= launched
    if choices.get("precision") == "tf32":
        units -= launches(dtype="float32")[1]  # that test compiles them for an older GPU
    assert_compiles([(source, (*options, QUICKLY)) for source, options in sorted(units)], architecture)


def launches(**choices: Any) -> tuple[set[str], set[Unit]]:
    """Return the operations of the small plans, and what is compiled for them."""
    with noted() as units:
        launched = {kind for plan in small_plans(**choices) for kind in launch(plan)}
    return launched, units


@pytest.mark.parametrize("example", ["cifar10", "imagenet"])
def test_the_examples_compile(example: str) -> None:
    """In bfloat16 for a recent GPU, and just as there."""
    graph = load(EXAMPLES / f"{example}.convnet").graph
    with noted() as units:
        launch(compile_network(graph, 128, device="cuda", precision="bfloat16"))
    assert_compiles(units, "sm_90")


def test_what_reads_the_clock_compiles() -> None:
    assert_compiles([(_compile.source("_stamp", {}), ())], "sm_80")


def test_errors_are_noticed() -> None:
    """What does not compile is said with its place."""
    assert 'wrong.cu(2): error: identifier "nothing"' in nvrtc.errors(
        '#line 1 "wrong.cu"\n__global__ void wrong() {\n nothing; }', (), "sm_80"
    )


def assert_compiles(units: Iterable[Unit], architecture: str) -> None:
    """Assert that all units compile."""
    with ThreadPoolExecutor(os.process_cpu_count() if hasattr(os, "process_cpu_count") else 2) as pool:
        found = pool.map(lambda unit: nvrtc.errors(*unit, architecture), units)
    assert not [words for words in found if words]
