"""Joins a last layer of few outputs with its cost and data gradient, on a GPU: its scores are never stored.

What rows have for the metrics is then kept by an operation of its own: nothing on the way back waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.plan.analysis.partition import SharedProgram
from engine.plan.types import Buffer, Operation

_COST = "softmax_cross_entropy.forward_backward"
_MOST_OUTPUTS = 16
_MOST_INPUTS = 4096
_RUN = 8
"""Of a layer that can be joined: see kernels/cuda/fc_softmax_cross_entropy.cu."""


def join_heads(program: SharedProgram) -> SharedProgram:
    """Join fully connected layers with costs that alone read their outputs, and note which."""
    for cost in [op for op in program.operations if op.kind == _COST]:
        sums, back = _layer_of(program, cost), _back_of(program, cost)
        if sums is not None and back is not None and _fits(program, sums, back):
            program = _joined(program, sums, cost, back)
    return program


def _joined(program: SharedProgram, sums: Operation, cost: Operation, back: Operation) -> SharedProgram:
    terms = _terms(program, cost)
    head = replace(
        cost,
        name=f"{sums.layer}.fc_{cost.kind}",
        kind=f"fc_{cost.kind}",
        layer=sums.layer,
        inputs={**sums.inputs, "labels": cost.inputs["labels"], "counters": cost.outputs["counters"]},
        outputs={"dy": cost.outputs["dx"], "dx": back.outputs["dx"], "terms": terms.name},
        attributes={**cost.attributes, "gated": "gate" in back.inputs},
    )
    kind = "softmax_cross_entropy.keep"
    keep = replace(
        cost,
        name=f"{cost.layer}.{kind}",
        kind=kind,
        inputs={"terms": terms.name},
        outputs={port: cost.outputs[port] for port in ("metrics", "counters")},
        attributes={"top": cost.attributes["top"]},
    )
    operations = [op for op in program.operations if op not in (sums, back)]
    place = operations.index(cost)
    operations[place : place + 1] = [head, keep]
    buffers = {name: buffer for name, buffer in program.buffers.items() if name != sums.outputs["y"]}
    note = f"{sums.name}, {cost.name} and {back.name}: fused"
    return replace(
        program,
        operations=tuple(operations),
        buffers={**buffers, terms.name: terms},
        notes=(*program.notes, note),
    )


def _terms(program: SharedProgram, cost: Operation) -> Buffer:
    """Return the buffer of what each row has for the metrics: as sums are, not rounded."""
    scores = program.buffers[cost.inputs["x"]]
    dtype = "float32" if scores.dtype == "bfloat16" else scores.dtype
    return Buffer(f"{cost.layer}.terms", "activation", (3, scores.shape[0]), ("figure", "row"), dtype)


def _layer_of(program: SharedProgram, cost: Operation) -> Operation | None:
    """Return the fully connected layer that writes the scores, if the cost alone reads them."""
    users = _users(program.operations, cost.inputs["x"], cost)
    return users[0] if len(users) == 1 and users[0].kind == "fc.forward" else None


def _back_of(program: SharedProgram, cost: Operation) -> Operation | None:
    """Return that layer's data gradient, if beside it gradients of weights alone read that of the scores."""
    users = _users(program.operations, cost.outputs["dx"], cost)
    back = [op for op in users if op.kind == "fc.backward_data"]
    others = [op for op in users if op.kind not in {"fc.backward_weights", "fc_sgd.update", "bias.backward"}]
    return back[0] if len(back) == 1 and others == back else None


def _users(operations: Sequence[Operation], buffer: str, but: Operation) -> list[Operation]:
    return [op for op in operations if op.touches(buffer) and op is not but]


def _fits(program: SharedProgram, sums: Operation, back: Operation) -> bool:
    """Whether the kernel has this geometry; and if gradients go through a ReLU, it is that of the inputs."""
    outputs, inputs = program.buffers[sums.inputs["weights"]].shape
    plain = not sums.attributes.get("neuron") and not sums.accumulates and not back.accumulates
    small = outputs <= _MOST_OUTPUTS and inputs <= _MOST_INPUTS and inputs % _RUN == 0
    types = {program.buffers[name].dtype for name in (*sums.inputs.values(), *back.outputs.values())}
    gated_by_inputs = back.inputs.get("gate", sums.inputs["x"]) == sums.inputs["x"]
    return plain and small and gated_by_inputs and len(types) == 1
