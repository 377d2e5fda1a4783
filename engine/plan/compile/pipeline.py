"""Runs all passes: infer → lower → backward → fuse → updates → partition → scratch memory → memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from engine.errors import SplitError
from engine.graph.layer_graph import LayerGraph
from engine.graph.settings import TrainingSettings
from engine.graph.split import ONE_DEVICE, Split
from engine.plan.analysis.infer import infer
from engine.plan.analysis.memory import place
from engine.plan.analysis.order import prove
from engine.plan.analysis.partition import Partition, SharedProgram, WholeProgram
from engine.plan.compile.backward import differentiate
from engine.plan.compile.draft import Draft
from engine.plan.compile.equip import Target, equip
from engine.plan.compile.fuse import FUSIONS, ON_GPU, POOLED, SOFTMAX, UPDATE, fuse
from engine.plan.compile.fuse_on_gpu import join_updates, overlap
from engine.plan.compile.fuse_updates import fuse_updates
from engine.plan.compile.join_heads import join_heads
from engine.plan.compile.lower import lower
from engine.plan.compile.precision import compute_short, multiply_by_tf32
from engine.plan.compile.update import add_updates
from engine.plan.compile.update_early import update_early
from engine.plan.compile.without import without
from engine.plan.types import Buffer, DType, Precision, Program, TrainingPlan, WeightSlot

TRAIN = "train"
EVALUATE = "evaluate"

_SGD = TrainingSettings()


def compile_network(
    graph: LayerGraph,
    batch_size: int,
    *,
    device: Literal["cpu", "cuda"] = "cpu",
    dtype: DType = "float32",
    split: Split = ONE_DEVICE,
    code: str = "",
    training: TrainingSettings = _SGD,
    fusions: Collection[str] | None = None,
    precision: Precision = "float32",
    choices: Mapping[str, str] | None = None,
) -> TrainingPlan:
    """Compile a network into a frozen plan with the programs ``train`` and ``evaluate``.

    ``training`` says by which optimiser weights are updated.
    ``code`` is the target that kernels are built for, such as "avx512"; "" takes plain kernels alone.
    ``fusions`` are the names of those to make, as far as they are of use; None takes all that are not turned
    off (see without.py).
    ``choices`` are codes of single operations, as ``choices_of`` a plan returns them: all others are plain.
    None leaves it to each kernel.
    With the ``precision`` bfloat16, numbers of a batch are rounded to it; ``dtype`` is that of the weights.
    With tf32, which GPUs alone have, the factors of products are.
    Raises InvalidNetworkError with all problems of the network, PlanError for a split that cannot be run and
    DeviceError where the kind of device lacks a kernel.
    """
    layers = infer(graph)
    if split.updates == "pass" and training.optimiser != "sgd":
        raise SplitError(
            split=split.name,
            expected="SGD, since weights are updated after each pass",
            found=training.optimiser,
            hint="Update once a step, or train with SGD.",
        )
    partition = Partition(layers, split, batch_size)
    fusions = FUSIONS - without() if fusions is None else fusions
    wanted = _of_use(fusions, device, code, len(split.devices), precision)
    train = Draft(device, dtype, batch_size, training=True)
    lower(train, layers)
    differentiate(train, layers)
    short = precision == "bfloat16"
    fuse(train, wanted, short=short)
    slots = add_updates(train, layers, training)
    evaluate = Draft(device, dtype, batch_size, training=False)
    lower(evaluate, layers)
    fuse(evaluate, wanted, short=short)
    shared = {
        TRAIN: partition.share_out(_whole(train), passes=True),
        EVALUATE: partition.share_out(_whole(evaluate), passes=False),
    }
    copies: dict[str, str] = {}
    if short:
        for name, program in shared.items():
            shared[name], of_program = compute_short(program)
            copies |= of_program
    if UPDATE in wanted:
        shared[TRAIN] = fuse_updates(shared[TRAIN])
    if ON_GPU in wanted:
        join = _join if len(split.devices) == 1 else update_early
        shared[TRAIN] = overlap(join(shared[TRAIN]))
    if precision == "tf32":
        shared = {name: multiply_by_tf32(program) for name, program in shared.items()}
    target = Target(device, dtype, _code_for(code, device, precision), choices)
    plan = _freeze(shared, slots, target, batch_size, train.notes)
    return replace(plan, precision=precision, copies=copies)


def _join(program: SharedProgram) -> SharedProgram:
    """Join what one device does: the last layer with its cost, and all updates that are left."""
    return join_updates(join_heads(program))


def _of_use(fusions: Collection[str], device: str, code: str, devices: int, precision: Precision) -> set[str]:
    """Return the fusions that are of use, of those asked for.

    Plain kernels of the CPU gain nothing by them, ranks on the CPU need not be fast, and fused updates save
    too little there. GPUs pool a first layer's maps as they are made in bfloat16 alone; ranks on GPUs update
    early what they sum up.
    """
    if device == "cuda":
        pools = precision == "bfloat16" and devices == 1
        return set(fusions) - (set() if pools else {POOLED}) - (set() if devices == 1 else {UPDATE})
    of_cpu = {SOFTMAX, POOLED} if code and devices == 1 else {SOFTMAX}
    return of_cpu.intersection(fusions)


def _code_for(code: str, device: str, precision: Precision) -> str:
    """Return the code to build kernels for: those of GPUs are for bfloat16."""
    return code if device == "cpu" or precision == "bfloat16" else ""


def choices_of(plan: TrainingPlan) -> dict[str, str]:
    """Return the code of each operation whose kernel is built, by program and name."""
    return {
        f"{program.name}/{operation.name}": operation.code
        for program in plan.programs.values()
        for operation in program.operations
        if operation.code
    }


def _whole(draft: Draft) -> WholeProgram:
    return WholeProgram(draft.buffers, draft.operations, draft.gradients)


def _freeze(
    shared: dict[str, SharedProgram],
    slots: tuple[WeightSlot, ...],
    target: Target,
    batch_size: int,
    notes: Sequence[str],
) -> TrainingPlan:
    buffers: dict[str, Buffer] = {}
    programs = {}
    for name, part in shared.items():
        own = part.apart_from(buffers, name)
        buffers |= own.buffers
        programs[name] = Program(name, equip(name, own.operations, buffers, target))
    communicators = tuple({group: None for part in shared.values() for group in part.communicators})
    ranks = shared[TRAIN].ranks
    for program in programs.values():
        prove(program, buffers, ranks, communicators)
    placed, arena_bytes = place(programs, buffers, ranks)
    return TrainingPlan(
        device=target.device,
        dtype=target.dtype,
        batch_size=batch_size,
        buffers=buffers,
        programs=placed,
        slots=slots,
        communicators=communicators,
        arena_bytes=arena_bytes,
        notes=(*notes, *shared[TRAIN].notes),
        offsets={name: places for part in shared.values() for name, places in part.offsets.items()},
    )
