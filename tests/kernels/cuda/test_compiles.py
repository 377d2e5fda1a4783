"""Every kernel for GPUs compiles, for the geometry that networks ask for. No GPU is needed."""

from __future__ import annotations

import os
import re
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

FOLDER = Path(_compile.__file__).parent
EXAMPLES = Path(__file__).parents[3] / "resources" / "examples"

QUICKLY = ("--Ofast-compile=max", "--minimal")
"""Options to find the same errors without all optimisations and what no kernel uses, in half the time."""

_ELSEWHERE = {
    *("_augment.prepare", "_stamp.stamp", "_stamp.add_since"),
    *("_strided_conv.forward", "_strided_conv.backward_weights"),
}
"""Kernels that are not of a plan: tests of their own compile them."""

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
    many = 512  # rows: sums over some of them are summed up
    yield compile_network(through(norm), many, device="cuda", fusions=(), **choices)
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
    """For the oldest GPU that has the type; in bfloat16 for all geometries of the plans, else for some."""
    launched, units = launches(**choices)
    of_bfloat16 = {"cast.forward", "pooled_conv.forward", "pooled_conv.backward_weights"}
    others = of_bfloat16 if choices.get("precision") != "bfloat16" else set()
    assert launched == set(operations("cuda")) - others
    assert {_kernel_of(source) for source, _ in units} == kernels() - _ELSEWHERE - others
    if choices.get("precision") == "tf32":
        units -= launches(dtype="float32")[1]  # that test compiles them for an older GPU
    alike = _without_tables if choices.get("precision") == "bfloat16" else _without_sizes
    differing = {alike(source): (source, (*options, *QUICKLY)) for source, options in sorted(units)}
    assert_compiles(differing.values(), architecture)


def kernels() -> set[str]:
    """Return all kernels as "FILE.NAME"."""
    files = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.cu")}
    return {f"{stem}.{name}" for stem, text in files.items() for name in _compile._KERNEL.findall(text)}


def _kernel_of(source: str) -> str:
    file, kernel = re.search(r'^#line 1 "(\w+)\.cu"', source, re.MULTILINE), _compile._KERNEL.search(source)
    assert file
    assert kernel
    return f"{file[1]}.{kernel[1]}"


def _without_tables(source: str) -> str:
    """Return a source but for the numbers in its tables: they fill memory, and the code is the same."""
    return re.sub(r"^(#define \w+) \{([^}]*)\}$", _as_long, source, flags=re.MULTILINE)


def _without_sizes(source: str) -> str:
    """Return a source but for its tables and sizes; what is 0 or 1 is a choice between kinds of code."""
    return re.sub(r"^(#define \w+) ([2-9]|\d\d+)$", r"\1", _without_tables(source), flags=re.MULTILINE)


def _as_long(table: re.Match[str]) -> str:
    return f"{table[1]} {table[2].count(',')}"


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
    assert_compiles([(_compile.source("_stamp", name, {}), ()) for name in ("stamp", "add_since")], "sm_80")


def test_a_kernel_is_compiled_without_the_others_of_its_file() -> None:
    """Of every file, any kernel can be taken out, and what is left keeps its line."""
    for path in FOLDER.glob("*.cu"):
        text = path.read_text(encoding="utf-8")
        names = _compile._KERNEL.findall(text)
        assert len(names) == text.count("__global__"), path.name
        alone = [_compile.source(path.stem, name, {}) for name in names]
        assert {source.count("__global__") for source in alone} <= {1}
        assert len({source.count("\n") for source in alone}) <= 1


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
