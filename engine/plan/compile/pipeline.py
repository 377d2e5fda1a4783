"""Runs all passes: infer → partition → lower → backward → fuse → updates → memory."""

from __future__ import annotations

from typing import Literal

from engine.graph.layer_graph import LayerGraph
from engine.graph.split import ONE_DEVICE, Split
from engine.plan.analysis.infer import infer
from engine.plan.analysis.memory import place
from engine.plan.analysis.order import prove
from engine.plan.analysis.partition import Partition, partition
from engine.plan.compile.backward import differentiate
from engine.plan.compile.draft import Draft
from engine.plan.compile.fuse import fuse
from engine.plan.compile.lower import lower
from engine.plan.compile.update import add_updates
from engine.plan.types import DType, Program, TrainingPlan, WeightSlot

TRAIN = "train"
EVALUATE = "evaluate"


def compile_network(
    graph: LayerGraph,
    batch_size: int,
    *,
    device: Literal["cpu", "cuda"] = "cpu",
    dtype: DType = "float32",
    split: Split = ONE_DEVICE,
    code: str = "",
) -> TrainingPlan:
    """Compile a network into a frozen plan with the programs ``train`` and ``evaluate``.

    ``code`` is the target that kernels are built for, such as "avx512"; "" takes plain kernels alone.
    Raises InvalidNetworkError with all problems of the network, PlanError for a split that cannot be run and
    DeviceError where the kind of device lacks a kernel.
    """
    layers = infer(graph)
    parts = partition(layers, split)
    train = Draft(device, dtype, batch_size, training=True, code=code)
    lower(train, layers)
    differentiate(train, layers)
    fuse(train)
    slots = add_updates(train, layers)
    evaluate = Draft(device, dtype, batch_size, training=False, code=code)
    lower(evaluate, layers)
    return _freeze(train, evaluate, slots, parts)


def _freeze(train: Draft, evaluate: Draft, slots: tuple[WeightSlot, ...], parts: Partition) -> TrainingPlan:
    buffers = evaluate.buffers | train.buffers
    programs = {
        TRAIN: Program(TRAIN, tuple(train.operations)),
        EVALUATE: Program(EVALUATE, tuple(evaluate.operations)),
    }
    for program in programs.values():
        prove(program, buffers, parts.ranks, parts.communicators)
    placed, arena_bytes = place(programs, buffers, parts.ranks)
    return TrainingPlan(
        device=train.device,
        dtype=train.dtype,
        batch_size=train.batch_size,
        buffers=buffers,
        programs=placed,
        slots=slots,
        communicators=parts.communicators,
        arena_bytes=arena_bytes,
        notes=tuple(train.notes),
    )
