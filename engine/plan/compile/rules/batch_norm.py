"""Batch normalisation: by the batch in training, by the running averages where nothing is trained."""

from __future__ import annotations

from engine.layers.batch_norm import BatchNorm
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import COUNTERS, Draft
from engine.plan.compile.gradients import Gradients
from engine.plan.compile.rules.pieces import add_sums, emit_neuron
from engine.plan.compile.rules.rule import Rule
from engine.plan.types import Operation


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    assert isinstance(layer.layer, BatchNorm)
    norm = layer.layer
    names = {name: f"{layer.name}.{name}" for name in (weight.name for weight in layer.weights)}
    averages = {name: names.pop(name) for name in ("average_means", "average_variances")}
    y = add_sums(draft, layer, norm.neuron)
    arrays = {"x": inputs[0], **names}
    if draft.training:
        kept = {
            port: draft.add_like(f"{layer.name}.{port}", "activation", names["weights"])
            for port in ("means", "scales")
        }
        draft.emit(
            "batch_norm.forward",
            layer.name,
            {**arrays, "counters": COUNTERS},
            {"y": y, **kept, **averages},
            epsilon=norm.epsilon,
            share=norm.share,
        )
    else:
        draft.emit("batch_norm.evaluate", layer.name, arrays | averages, {"y": y}, epsilon=norm.epsilon)
    return emit_neuron(draft, layer, norm.neuron, y)


def _gradient(gradients: Gradients, operation: Operation) -> None:
    dy = gradients.arrived(operation)
    if dy is None:
        return
    arrays = {**operation.inputs, **operation.outputs}
    shared = {port: arrays[port] for port in ("x", "means", "scales", "counters")} | {"dy": dy}
    gradients.emit(operation, "batch_norm.backward_weights", "weights", shared)
    gradients.emit(operation, "bias.backward", "biases", {"dy": dy})
    of_data = shared | {"weights": arrays["weights"]}
    gradients.emit(operation, "batch_norm.backward_data", "x", of_data)


RULES = (Rule(BatchNorm, _lower, {"batch_norm.forward": _gradient}),)
