"""Every kernel for GPUs compiles, for the geometry that networks ask for. No GPU is needed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.graph.network_file import load
from engine.graph.settings import TrainingSettings
from engine.plan.compile.pipeline import compile_network
from engine.plan.types import TrainingPlan
from kernels.registry import operations
from tests.kernels.cuda import nvrtc
from tests.kernels.cuda.launches import Unit, launch, noted
from tests.plan import test_every_layer

EXAMPLES = Path(__file__).parents[3] / "resources" / "examples"

pytestmark = pytest.mark.skipif(nvrtc.folder() is None, reason="the compiler's wheel is not installed")


def small_plans() -> Iterator[TrainingPlan]:
    """Yield plans that have every kind of layer and both optimisers among them."""
    for graph in test_every_layer.networks():
        yield compile_network(graph, 4)
    yield compile_network(
        test_every_layer.through(test_every_layer.BatchNorm()),
        4,
        training=TrainingSettings(optimiser="adamw"),
    )


@pytest.mark.parametrize(
    ("dtype", "architecture"), [("float64", "sm_75"), ("float32", "sm_75"), ("bfloat16", "sm_80")]
)
def test_every_kernel_compiles(dtype: str, architecture: str) -> None:
    """In each type, for the oldest GPU that has it."""
    with noted() as units:
        launched = {kind for plan in small_plans() for kind in launch(plan, dtype)}
    assert launched == set(operations("cuda"))
    assert_compiles(units, architecture)


@pytest.mark.parametrize("example", ["cifar10", "imagenet", "resnet20"])
def test_the_examples_compile(example: str) -> None:
    """In bfloat16 for a recent GPU."""
    plan = compile_network(load(EXAMPLES / f"{example}.convnet").graph, 128)
    with noted() as units:
        launch(plan, "bfloat16")
    assert_compiles(units, "sm_90")


def test_errors_are_noticed() -> None:
    """What does not compile is said with its place."""
    assert 'wrong.cu(2): error: identifier "nothing"' in nvrtc.errors(
        '#line 1 "wrong.cu"\n__global__ void wrong() {\n nothing; }', (), "sm_80"
    )


def assert_compiles(units: set[Unit], architecture: str) -> None:
    """Assert that the compiler has nothing to say."""
    with ThreadPoolExecutor(os.process_cpu_count() if hasattr(os, "process_cpu_count") else 2) as pool:
        found = pool.map(lambda unit: nvrtc.errors(*unit, architecture), units)
    assert not [words for words in found if words]
