"""Programs on a GPU: captured once, steered by data, and with the answers of the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.graph.layer_graph import LayerGraph
from engine.graph.schedules import Constant
from engine.graph.settings import TrainingSettings
from engine.layers.catalogue import Conv, CrossEntropy, Data, Dropout, Fc, Labels, Pool, Softmax
from engine.plan.analysis.infer import infer
from engine.plan.compile.draft import COUNTERS
from engine.plan.compile.pipeline import EVALUATE, TRAIN, compile_network
from engine.plan.types import DType, Precision, TrainingPlan
from engine.runtime.arrays import element_type
from engine.runtime.executor import Executor
from engine.training.figures import CostMeter
from engine.training.step_control import StepControl
from engine.training.verification import deviation, make_batches, train
from kernels import control
from kernels.control import FIRST_BAD_STEP, NO_BAD_STEP
from tests.graph.networks import chain
from tests.parallel.networks import small

pytestmark = pytest.mark.gpu

BATCH = 6
NETWORKS = {"digits": (8, 2), "shapes": (8, 4), "cifar10": (24, 8), "imagenet": (64, 16), "resnet20": (8, 4)}
"""Example networks: the size of their pictures, and what filters are divided by."""


def graph() -> LayerGraph:
    """Return a network with most kinds of what changes from step to step."""
    return chain(
        data=Data(size=(8, 8), channels=3),
        labels=Labels(),
        conv=Conv(filters=8, size=(3, 3), padding=(1, 1)),
        pool=Pool(size=(2, 2)),
        fc1=Fc(outputs=16, neuron="tanh"),
        drop=Dropout(),
        fc2=Fc(outputs=10),
        probs=Softmax(),
        loss=CrossEntropy(),
    )


class Side:
    """A network on one device, with random weights and a random batch."""

    def __init__(self, device: Any, precision: Precision = "float32", dtype: DType = "float64") -> None:
        kind = device.partition(":")[0]
        what = graph()
        self.plan: TrainingPlan = compile_network(what, BATCH, device=kind, dtype=dtype, precision=precision)
        self.executor = Executor(self.plan, device=device)
        self.arrays = self.executor.arrays
        self.control = StepControl(self.arrays, self.plan.slots, TrainingSettings(), seed=7)
        self.meter = CostMeter(self.arrays, infer(what))
        chance = np.random.default_rng(1)
        for buffer in self.plan.by_role("weight"):
            self.arrays[buffer.name] = chance.normal(size=buffer.shape) * 0.2
        self.arrays["data.output"] = chance.normal(size=(BATCH, 8, 8, 3))
        self.arrays["labels.output"] = chance.integers(0, 10, BATCH)
        self.step = 0

    def run(self, valid: int = BATCH, rate: float = 0.01, updates: bool = True) -> None:
        """Train a step."""
        self.control.use(TrainingSettings(schedule=Constant(rate=rate)))
        self.control.set_rates(0.0)
        self.control.set_batch(step=self.step, epoch=0, cursor=0, valid=valid, updates=updates)
        self.executor.run(TRAIN)
        self.step += 1

    def learned(self) -> dict[str, np.ndarray[Any, Any]]:
        """Return copies of weights, velocities and sums."""
        roles: Any = ("weight", "velocity", "metrics")
        return {b.name: self.arrays[b.name].copy() for role in roles for b in self.plan.by_role(role)}


@pytest.fixture
def sides(monkeypatch: pytest.MonkeyPatch) -> tuple[Side, Side, list[int]]:
    """The network on the CPU and on the GPU, and a list that gets an entry for each capture."""
    from engine.runtime.gpu import Gpu

    captures: list[int] = []
    capture = Gpu._capture

    def counted(gpu: Gpu, calls: Any) -> Any:
        captures.append(len(calls))
        return capture(gpu, calls)

    monkeypatch.setattr(Gpu, "_capture", counted)
    return Side("cpu"), Side("cuda:0"), captures


@pytest.mark.parametrize("valid", [BATCH, 4, 1])
@pytest.mark.parametrize("rate", [0.01, 0.5])
@pytest.mark.parametrize("updates", [True, False])
def test_what_changes_from_step_to_step_needs_no_new_graph(
    sides: tuple[Side, Side, list[int]], valid: int, rate: float, updates: bool
) -> None:
    cpu, gpu, captures = sides
    for side in (cpu, gpu):
        side.run()
        side.run(valid, rate, updates)
        side.run()
    expected = cpu.learned()
    for name, values in gpu.learned().items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-9, atol=1e-11, err_msg=name)
    assert len(captures) == 1


def test_a_loss_that_is_no_number_stops_all_updates_until_it_is_forgotten(
    sides: tuple[Side, Side, list[int]],
) -> None:
    _, gpu, captures = sides
    gpu.run()
    before = gpu.learned()
    good = gpu.arrays["data.output"]
    bad = good.copy()
    bad[0, 0, 0, 0] = np.nan
    gpu.arrays["data.output"] = bad
    gpu.run()
    gpu.arrays["data.output"] = good
    gpu.run()
    assert gpu.control.first_bad_step == 1
    after = gpu.learned()
    for slot in gpu.plan.slots:
        for name in (slot.weight, *slot.states):
            np.testing.assert_array_equal(after[name], before[name])
    gpu.control.forget_bad_step()
    gpu.run()
    assert gpu.control.first_bad_step is None
    assert not np.array_equal(gpu.arrays["fc2.weights"], before["fc2.weights"])
    assert len(captures) == 1


def test_figures_arrive_in_order_and_begin_anew_when_they_are_taken(
    sides: tuple[Side, Side, list[int]],
) -> None:
    _, gpu, _ = sides
    seen: list[tuple[int, float]] = []
    for step in range(6):
        gpu.run()
        gpu.executor.look(
            (COUNTERS, *gpu.meter.names),
            lambda contents, step=step: seen.append(
                (step, float(contents["loss.metrics"][control.EXAMPLES]))
            ),  # type: ignore[misc]
            clear=gpu.meter.names if step == 3 else (),
        )
        gpu.executor.device.arrive()
    gpu.executor.device.arrive(wait=True)
    assert seen == [(0, 6.0), (1, 12.0), (2, 18.0), (3, 24.0), (4, 6.0), (5, 12.0)]


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_learns_what_it_learns_on_the_cpu(name: str) -> None:
    """In float64, over whole and short batches, to within rounding."""
    network = small(name, *NETWORKS[name])
    layers = infer(network.graph)
    batches = make_batches(layers, BATCH, 4, seed=3)
    courses = [
        train(
            compile_network(network.graph, BATCH, device=device, dtype="float64", training=network.training),
            network,
            layers,
            batches,
        )
        for device in ("cpu", "cuda")
    ]
    found = deviation(*courses)
    assert max(found.values()) < 1e-9, found


@pytest.mark.parametrize("name", ["digits", "cifar10", "imagenet"])
def test_bfloat16_computes_nearly_the_same_loss(name: str) -> None:
    """The loss of the first step to 1 %, and weights that learn."""
    network = small(name, *NETWORKS[name])
    layers = infer(network.graph)
    batches = make_batches(layers, 32, 2, seed=3)
    exact, short = (
        train(
            compile_network(network.graph, 32, device="cuda", precision=precision, training=network.training),
            network,
            layers,
            batches,
        )
        for precision in ("float32", "bfloat16")
    )
    for metrics, values in exact.figures[0].items():
        assert short.figures[0][metrics][control.LOSS] == pytest.approx(values[control.LOSS], rel=1e-2)
    assert all(np.isfinite(values).all() for values in short.weights.values())
    assert any(np.any(short.weights[name] != exact.weights[name]) for name in short.weights)


def test_copies_of_weights_are_the_weights_rounded() -> None:
    """After they were set, and after a step."""
    side = Side("cuda:0", precision="bfloat16", dtype="float32")
    for _ in range(2):
        for weight, copy in side.plan.copies.items():
            rounded = side.arrays[weight].astype(element_type("bfloat16")).astype(np.float32)
            np.testing.assert_array_equal(side.arrays[copy], rounded)
        side.run()


def test_evaluation_on_the_gpu_changes_no_weight() -> None:
    side = Side("cuda:0")
    side.run()
    before = side.learned()
    side.executor.run(EVALUATE)
    for slot in side.plan.slots:
        np.testing.assert_array_equal(side.arrays[slot.weight], before[slot.weight])
    assert side.arrays[COUNTERS][FIRST_BAD_STEP] == NO_BAD_STEP
