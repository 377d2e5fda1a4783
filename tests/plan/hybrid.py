"""A plan of two ranks and two passes, written by hand: the convolution data parallel, fc model parallel.

Scheme (b) of Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks": the
convolution runs once on each rank's share of the batch; then, on pass p, rank p sends its activations to all,
each rank computes its share of the outputs of fc for them, and the gradients go back to rank p as a sum.
While the ranks compute pass 0, the activations of pass 1 are on their way.
"""

from __future__ import annotations

import functools

from engine.layers.base import Learning
from engine.plan.analysis.memory import place
from engine.plan.analysis.order import prove
from engine.plan.types import (
    Buffer,
    Communicator,
    DType,
    Operation,
    Program,
    Role,
    Shares,
    TrainingPlan,
    Value,
    WeightSlot,
)

RANKS = (0, 1)
ALL = Communicator("all", RANKS)
BATCH_SIZE = 5
ROWS = Shares(RANKS, (0, 3, 5))
"""Rank 0 has three examples of the batch, rank 1 has two."""
UNITS = Shares(RANKS, (0, 3, 5))
"""Rank 0 has three of the five classes, rank 1 has two."""
PASSES = (0, 1)

GEOMETRY: dict[str, Value] = {"stride": (1, 1), "padding": (1, 1)}

PICTURE = ("n", "height", "width", "channel")
VECTOR = ("n", "unit")
FILTERS = ("filter", "kernel_height", "kernel_width", "channel")


def buffers() -> dict[str, Buffer]:
    """Return all buffers by name."""
    made: dict[str, Buffer] = {}

    def add(
        name: str,
        role: Role,
        shape: tuple[int, ...],
        axes: tuple[str, ...],
        *,
        shared: Shares | None = None,
        dtype: DType = "float64",
        pass_index: int | None = None,
        partial: bool = False,
    ) -> None:
        """Add a buffer; ``shared`` tells how its axis n, unit or output is shared out."""
        axis = "n" if shared is ROWS else "output" if "output" in axes else "unit"
        sharding = tuple(shared if own == axis else None for own in axes)
        made[name] = Buffer(
            name, role, shape, axes, dtype, (), sharding, RANKS, pass_index=pass_index, partial=partial
        )

    add("settings", "control", (4, 3), ("weight", "setting"))
    add("data.output", "input", (5, 4, 4, 1), PICTURE, shared=ROWS)
    add("conv.weights", "weight", (2, 3, 3, 1), FILTERS)
    add("conv.biases", "weight", (2,), ("filter",))
    add("fc.weights", "weight", (5, 32), ("output", "input"), shared=UNITS)
    add("fc.biases", "weight", (5,), ("output",), shared=UNITS)
    for name in ("conv.weights", "conv.biases", "fc.weights", "fc.biases"):
        like = made[name]
        shared = next((shares for shares in like.sharding if shares), None)
        add(f"{name}.velocity", "velocity", like.shape, like.axes, shared=shared)
        add(
            f"{name}.gradient",
            "weight gradient",
            like.shape,
            like.axes,
            shared=shared,
            partial=shared is None,
        )
    add("conv.weights.sum", "weight gradient", (2, 3, 3, 1), FILTERS)
    add("conv.biases.sum", "weight gradient", (2,), ("filter",))
    add("conv.output", "activation", (5, 4, 4, 2), PICTURE, shared=ROWS)
    add("conv.output.gradient", "gradient", (5, 4, 4, 2), PICTURE, shared=ROWS)
    for number in PASSES:
        rows = ROWS.extent(number)
        add(f"counters@{number}", "control", (8,), ("counter",), dtype="int64", pass_index=number)
        add(f"labels@{number}", "labels", (rows,), ("n",), dtype="int32", pass_index=number)
        add(f"loss.metrics@{number}", "metrics", (3,), ("metric",), pass_index=number)
        for name, role, partial in (
            ("fc.input", "activation", False),
            ("fc.input.gradient", "gradient", True),
        ):
            add(f"{name}@{number}", role, (rows, 4, 4, 2), PICTURE, pass_index=number, partial=partial)  # type: ignore[arg-type]
        add(f"fc.share@{number}", "activation", (rows, 5), VECTOR, shared=UNITS, pass_index=number)
        add(f"fc.share.gradient@{number}", "gradient", (rows, 5), VECTOR, shared=UNITS, pass_index=number)
        add(f"fc.output@{number}", "activation", (rows, 5), VECTOR, pass_index=number)
        add(f"fc.output.gradient@{number}", "gradient", (rows, 5), VECTOR, pass_index=number)
        add(f"probs.output@{number}", "activation", (rows, 5), VECTOR, pass_index=number)
    return made


def compute(
    name: str,
    kind: str,
    inputs: dict[str, str],
    outputs: dict[str, str],
    *,
    pass_index: int = 0,
    after: tuple[str, ...] = (),
    **attributes: Value,
) -> Operation:
    """Return an operation that each rank does on its own."""
    layer = name.partition(".")[0]
    return Operation(
        name, kind, layer, inputs, outputs, attributes, None, RANKS, pass_index, "compute", after
    )


def communicate(
    name: str,
    kind: str,
    x: str,
    y: str,
    *,
    pass_index: int = 0,
    after: tuple[str, ...] = (),
    only_on: dict[str, tuple[int, ...]] | None = None,
    in_place: tuple[str, str] | None = None,
) -> Operation:
    """Return an operation of the communicator, on the other stream."""
    return Operation(
        name,
        kind,
        name.partition(".")[0],
        {"x": x},
        {"y": y},
        {},
        in_place,
        RANKS,
        pass_index,
        "communication",
        after,
        "all",
        only_on or {},
    )


def one_pass(p: int) -> list[Operation]:
    """Return what all ranks do with the examples of rank ``p``."""
    share = {"labels": f"labels@{p}", "counters": f"counters@{p}"}
    cost = {"probabilities": f"probs.output@{p}", **share}
    x, y, dy = f"fc.input@{p}", f"fc.share@{p}", f"fc.share.gradient@{p}"
    figures = {"metrics": f"loss.metrics@{p}", "counters": f"counters@{p}"}
    step = functools.partial(compute, pass_index=p)
    send = functools.partial(communicate, pass_index=p)
    return [
        step(
            f"fc.forward@{p}",
            "fc.forward",
            {"x": x, "weights": "fc.weights", "biases": "fc.biases"},
            {"y": y},
            after=(f"fc.send@{p}",),
        ),
        send(f"fc.gather@{p}", "all_gather", y, f"fc.output@{p}", after=(f"fc.forward@{p}",)),
        step(
            f"probs.forward@{p}",
            "softmax.forward",
            {"x": f"fc.output@{p}"},
            {"y": f"probs.output@{p}"},
            after=(f"fc.gather@{p}",),
        ),
        step(
            f"loss.forward@{p}",
            "cross_entropy.forward",
            {"probabilities": f"probs.output@{p}", "labels": f"labels@{p}"},
            figures,
        ),
        step(
            f"probs.backward@{p}",
            "softmax_cross_entropy.backward",
            cost,
            {"dx": f"fc.output.gradient@{p}"},
            coefficient=ROWS.extent(p) / BATCH_SIZE,
        ),
        step(f"fc.take@{p}", "take", {"x": f"fc.output.gradient@{p}"}, {"y": dy}),
        step(
            f"fc.backward_weights@{p}",
            "fc.backward_weights",
            {"x": x, "dy": dy},
            {"dweights": "fc.weights.gradient"},
            accumulate=p > 0,
        ),
        step(
            f"fc.backward_biases@{p}",
            "bias.backward",
            {"dy": dy},
            {"dbiases": "fc.biases.gradient"},
            accumulate=p > 0,
        ),
        step(
            f"fc.backward_data@{p}",
            "fc.backward_data",
            {"dy": dy, "weights": "fc.weights"},
            {"dx": f"fc.input.gradient@{p}"},
        ),
        send(
            f"fc.return@{p}",
            "reduce",
            f"fc.input.gradient@{p}",
            "conv.output.gradient",
            after=(f"fc.backward_data@{p}",),
            only_on={"y": (p,)},
        ),
    ]


def update(slot: int, weight: str, gradient: str, *after: str) -> Operation:
    """Return the update of a weight."""
    inputs = {"gradient": gradient, "counters": "counters@1", "settings": "settings"}
    outputs = {"weights": weight, "velocity": f"{weight}.velocity"}
    return compute(f"{weight}.update", "sgd.update", inputs, outputs, pass_index=1, after=after, slot=slot)


def operations() -> list[Operation]:
    """Return the step, in the one order that all ranks follow."""
    return [
        compute(
            "conv.forward",
            "conv.forward",
            {"x": "data.output", "weights": "conv.weights", "biases": "conv.biases"},
            {"y": "conv.output"},
            **GEOMETRY,
        ),
        *(
            communicate(
                f"fc.send@{p}",
                "broadcast",
                "conv.output",
                f"fc.input@{p}",
                pass_index=p,
                after=("conv.forward",),
                only_on={"x": (p,)},
            )
            for p in PASSES
        ),
        *one_pass(0),
        *one_pass(1),
        update(2, "fc.weights", "fc.weights.gradient"),
        update(3, "fc.biases", "fc.biases.gradient"),
        compute(
            "conv.backward_weights",
            "conv.backward_weights",
            {"x": "data.output", "dy": "conv.output.gradient"},
            {"dweights": "conv.weights.gradient"},
            pass_index=1,
            after=("fc.return@0", "fc.return@1"),
            **GEOMETRY,
        ),
        compute(
            "conv.backward_biases",
            "bias.backward",
            {"dy": "conv.output.gradient"},
            {"dbiases": "conv.biases.gradient"},
            pass_index=1,
        ),
        *(
            communicate(
                f"conv.reduce_{name}",
                "all_reduce",
                f"conv.{name}.gradient",
                f"conv.{name}.sum",
                pass_index=1,
                after=(f"conv.backward_{name}",),
                in_place=("x", "y"),
            )
            for name in ("weights", "biases")
        ),
        update(0, "conv.weights", "conv.weights.sum", "conv.reduce_weights"),
        update(1, "conv.biases", "conv.biases.sum", "conv.reduce_biases"),
    ]


def hybrid_plan() -> TrainingPlan:
    """Return the plan, proved and placed."""
    program = Program("train", tuple(operations()))
    made = buffers()
    prove(program, made, RANKS, (ALL,))
    programs, arena_bytes = place({"train": program}, made, RANKS)
    weights = ("conv.weights", "conv.biases", "fc.weights", "fc.biases")
    return TrainingPlan(
        device="cpu",
        dtype="float64",
        batch_size=BATCH_SIZE,
        buffers=made,
        programs=programs,
        slots=tuple(
            WeightSlot(slot, name, (f"{name}.velocity",), Learning()) for slot, name in enumerate(weights)
        ),
        communicators=(ALL,),
        arena_bytes=arena_bytes,
    )
