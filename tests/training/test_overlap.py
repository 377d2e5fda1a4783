"""What of the sums of gradients ran beside computation, counted by hand."""

from __future__ import annotations

import pytest

from engine.graph.examples import load_example
from engine.graph.presets import choose_split
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.plan.types import TrainingPlan
from engine.runtime.device import Span
from engine.training.overlap import chrome_trace, hidden_share


@pytest.fixture(scope="module")
def plan() -> TrainingPlan:
    network = load_example("imagenet")
    return compile_network(network.graph, 8, split=choose_split(network.graph, (), "hybrid", 2))


def sums(plan: TrainingPlan) -> list[str]:
    return [op.name for op in plan.programs[TRAIN].operations if op.layer == "gradients"]


def test_bytes_are_hidden_as_far_as_the_same_rank_computes_meanwhile(plan: TrainingPlan) -> None:
    first, *others = sums(plan)
    assert others
    spans = [
        Span("kernel", "compute", 0.0, 2.0),
        Span("kernel", "compute", 2.0, 3.0),
        Span(first, "communication", 1.0, 5.0),
    ]
    assert hidden_share(plan, [spans]) == pytest.approx(0.5)
    # Another rank's kernels hide nothing.
    alone = [Span("kernel", "compute", 0.0, 1.0), Span(first, "communication", 1.0, 2.0)]
    assert hidden_share(plan, [spans, alone]) == pytest.approx(0.25)


def test_computation_on_several_streams_hides_bytes_once(plan: TrainingPlan) -> None:
    first, *_ = sums(plan)
    spans = [
        Span("kernel", "compute", 0.0, 2.0),
        Span("gradient", "weights", 1.0, 3.0),
        Span("update", "updates", 6.0, 7.0),
        Span(first, "communication", 0.0, 8.0),
    ]
    assert hidden_share(plan, [spans]) == pytest.approx(0.5)


def test_other_communication_does_not_count(plan: TrainingPlan) -> None:
    assert hidden_share(plan, [[Span("pool3.output.all_gather", "communication", 0.0, 1.0)]]) is None


def test_a_trace_has_a_process_for_each_rank_and_microseconds(plan: TrainingPlan) -> None:
    trace = chrome_trace([[], [Span("kernel", "compute", 0.5, 0.75)]])
    (event,) = trace["traceEvents"]
    assert (event["pid"], event["tid"], event["ts"], event["dur"]) == ("rank 1", "compute", 5e5, 2.5e5)
