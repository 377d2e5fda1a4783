"""Lowers layers to the operations of their forward pass."""

from __future__ import annotations

from engine.plan.analysis.infer import InferredLayer, learning_weights
from engine.plan.compile.draft import COUNTERS, SETTINGS, Draft
from engine.plan.compile.rules import LOWERING
from engine.plan.types import Buffer, Role
from kernels import control


def lower(draft: Draft, layers: dict[str, InferredLayer]) -> None:
    """Emit the forward pass of all layers, each after its inputs."""
    rows = len(learning_weights(layers))
    draft.add(Buffer(COUNTERS, "control", (control.COUNTERS,), ("counter",), "int64"))
    draft.add(Buffer(SETTINGS, "control", (rows, control.SETTINGS), ("weight", "setting"), "float64"))
    for layer in layers.values():
        for name, weight in layer.named_weights.items():
            role: Role = "average" if weight.role == "average" else "weight"
            draft.add(Buffer(name, role, weight.shape, weight.axes, draft.dtype))
        inputs = tuple(draft.outputs[source] for source in layer.sources)
        draft.outputs[layer.name] = LOWERING[type(layer.layer)](draft, layer, inputs)
