"""Verification notices each of the mistakes that a split invites."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from engine.graph.presets import preset_split
from engine.plan.analysis.infer import infer
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.plan.types import Operation, TrainingPlan
from engine.training.verification import deviation, train
from tests.parallel.networks import devices
from tests.parallel.test_same_answer import BAR, BATCH, batches, network, unsplit

NAME = "imagenet"


def _changed(plan: TrainingPlan, change: Callable[[Operation], Operation]) -> TrainingPlan:
    program = plan.programs[TRAIN]
    operations = tuple(map(change, program.operations))
    return dataclasses.replace(
        plan, programs={**plan.programs, TRAIN: dataclasses.replace(program, operations=operations)}
    )


def _sum_left_out(plan: TrainingPlan) -> TrainingPlan:
    """Update weights by each rank's own term of the gradient, which lies where the sum would."""
    program = plan.programs[TRAIN]
    kept = tuple(
        dataclasses.replace(operation, after=())
        for operation in program.operations
        if operation.kind != "all_reduce"
    )
    assert len(kept) < len(program.operations)
    shortened = dataclasses.replace(program, operations=kept)
    return dataclasses.replace(plan, programs={**plan.programs, TRAIN: shortened})


def _mean_of_own_share(plan: TrainingPlan) -> TrainingPlan:
    """Divide by the rows of the rank instead of those of the batch."""

    def change(operation: Operation) -> Operation:
        if operation.kind != "softmax_cross_entropy.backward":
            return operation
        attributes = {**operation.attributes, "coefficient": float(len(plan.ranks))}
        return dataclasses.replace(operation, attributes=attributes)

    return _changed(plan, change)


def _masks_of_first_rows(plan: TrainingPlan) -> TrainingPlan:
    """Draw the masks of dropout as if every rank and pass had the first rows of the batch."""

    def change(operation: Operation) -> Operation:
        if operation.kind != "dropout.forward":
            return operation
        return dataclasses.replace(operation, inputs={**operation.inputs, "counters": "counters"})

    return _changed(plan, change)


def _masks_of_first_units(plan: TrainingPlan) -> TrainingPlan:
    """Draw the masks of dropout as if every rank had the first units."""

    def change(operation: Operation) -> Operation:
        if "channels" not in operation.attributes:
            return operation
        channels = (0, operation.attributes["channels"][1])  # type: ignore[index]
        return dataclasses.replace(operation, attributes={**operation.attributes, "channels": channels})

    return _changed(plan, change)


def _one_pass_less(plan: TrainingPlan) -> TrainingPlan:
    """Let the second pass overwrite the gradient of the first."""

    def change(operation: Operation) -> Operation:
        if operation.kind != "fc.backward_weights" or not operation.accumulates:
            return operation
        return dataclasses.replace(operation, attributes={**operation.attributes, "accumulate": False})

    return _changed(plan, change)


@pytest.mark.parametrize(
    ("preset", "scheme", "fault"),
    [
        ("data", "a", _sum_left_out),
        ("hybrid", "b", _sum_left_out),
        ("data", "a", _mean_of_own_share),
        ("hybrid", "c", _mean_of_own_share),
        ("data", "a", _masks_of_first_rows),
        ("hybrid", "b", _masks_of_first_rows),
        ("hybrid", "a", _masks_of_first_units),
        ("hybrid", "b", _one_pass_less),
        ("hybrid", "c", _one_pass_less),
    ],
)
def test_a_planted_fault_fails_verification(
    preset: str, scheme: str, fault: Callable[[TrainingPlan], TrainingPlan]
) -> None:
    """Each changes the answer by far more than rounding."""
    graph = network(NAME).graph
    split = preset_split(graph, preset, devices(2), scheme)  # type: ignore[arg-type]
    plan = fault(compile_network(graph, BATCH, dtype="float64", split=split))
    course = train(plan, network(NAME), infer(graph), batches(NAME))
    assert max(deviation(unsplit(NAME), course).values()) > 1000 * BAR
