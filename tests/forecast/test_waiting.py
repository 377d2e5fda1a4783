"""How long computation would wait for communication, counted by hand for programs of a few operations."""

from __future__ import annotations

import dataclasses

import pytest

from engine.forecast.forecast import forecast
from engine.forecast.waiting import Speed, waiting
from engine.graph.examples import load_example
from engine.graph.presets import choose_split
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.plan.types import Buffer, Operation, Program, TrainingPlan

SPEED = Speed(sums=1000.0, memory=100.0, link=10.0, launch=1.0, send=2.0)

PLAN = compile_network(load_example("digits").graph, 4)
RANKS = (0, 1)
BUFFERS = {
    # 40 bytes: half a second to read, a ring sends 20 of them forth and 20 back in 4 s.
    name: Buffer(name, "weight gradient", (10,), ("unit",), "float32", ranks=RANKS, partial=name == "term")
    for name in ("x", "term", "sum")
}


def compute(name: str, *after: str, stream: str = "compute") -> Operation:
    """An operation of 1 + 0.4 s."""
    return Operation(name, "neuron.forward", "a", {"x": "x"}, {}, ranks=RANKS, stream=stream, after=after)  # type: ignore[arg-type]


def send(name: str, *after: str) -> Operation:
    """A sum over ranks of 2 + 4 s."""
    ports = {"x0": "term"}, {"y0": "sum"}
    return Operation(
        name,
        "all_reduce",
        "gradients",
        *ports,
        ranks=RANKS,
        stream="communication",
        after=after,
        communicator="c",
    )


def waits(*operations: Operation) -> dict[str, float]:
    plan: TrainingPlan = dataclasses.replace(
        PLAN, buffers=BUFFERS, programs={TRAIN: Program(TRAIN, operations)}, arena_bytes={0: 0, 1: 0}
    )
    return {name: seconds for name, seconds in waiting(plan, TRAIN, SPEED).items() if seconds}


def test_what_is_needed_at_once_is_waited_for_as_long_as_it_takes() -> None:
    assert waits(compute("a"), send("s", "a"), compute("b", "s")) == {"s": pytest.approx(6.0)}


def test_computation_in_between_hides_its_own_time() -> None:
    found = waits(compute("a"), send("s", "a"), compute("b"), compute("c"), compute("d", "s"))
    assert found == {"s": pytest.approx(6.0 - 2 * 1.4)}


def test_what_ends_after_all_computation_is_waited_for_with_what_follows_it() -> None:
    found = waits(compute("a"), send("s", "a"), compute("b"), compute("update", "s", stream="updates"))
    assert found == {"s": pytest.approx(6.0 - 1.4 + 1.4)}


def test_what_nothing_waits_for_and_ends_in_time_costs_nothing() -> None:
    assert waits(compute("a"), send("s", "a"), *(compute(f"b{n}") for n in range(5))) == {}


def test_a_slow_link_is_waited_for_longer_and_data_parallel_waits_for_weights_alone() -> None:
    network = load_example("imagenet")
    found = {}
    for split in ("data", "hybrid"):
        chosen = choose_split(network.graph, (), split, 2)
        found[split] = forecast(dataclasses.replace(network, splits=(chosen,)))
    assert not found["data"].wires
    assert sum(layer.waiting for layer in found["data"].layers) > 0
    assert all(wire.waiting > 0 for wire in found["hybrid"].wires)
    plan = compile_network(network.graph, 128, device="cuda", precision="bfloat16", split=chosen)
    slow = Speed(sums=300e12, memory=3.4e12, link=10e9, launch=2e-6, send=9e-6)
    assert sum(waiting(plan, TRAIN, slow).values()) > 5 * sum(waiting(plan, TRAIN).values())
