"""What the rules of several layers share."""

from __future__ import annotations

from engine.layers.neuron import IDENTITY
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.gradients import Gradients
from engine.plan.compile.rules.rule import Gradient
from engine.plan.types import Operation


def add_output(draft: Draft, layer: InferredLayer) -> str:
    """Add the buffer of a layer's output, and return its name."""
    return draft.add_batch(f"{layer.name}.output", "activation", layer.output)


def add_sums(draft: Draft, layer: InferredLayer, neuron: str) -> str:
    """Add the buffer of what the neuron takes, which is the output itself where there is none."""
    name = "output" if neuron == IDENTITY else "sums"
    return draft.add_batch(f"{layer.name}.{name}", "activation", layer.output)


def emit_neuron(draft: Draft, layer: InferredLayer, neuron: str, x: str) -> str:
    """Emit a layer's neuron, and return the buffer of what comes out of it."""
    if neuron == IDENTITY:
        return x
    y = add_output(draft, layer)
    draft.emit("neuron.forward", layer.name, {"x": x}, {"y": y}, neuron=neuron)
    return y


def weight_names(layer: InferredLayer) -> dict[str, str]:
    """Return the buffers of a layer's weights by the ports of its kernels."""
    return {weight.name: name for name, weight in layer.named_weights.items()}


def weighted_gradient(gradients: Gradients, operation: Operation) -> None:
    """Emit the gradients of weights, biases and inputs: conv.backward_weights and its like."""
    dy = gradients.arrived(operation)
    if dy is None:
        return
    family = operation.kind.removesuffix(".forward")
    arrays = operation.inputs
    of_weights = {"x": arrays["x"], "dy": dy}
    of_data = {"dy": dy, "weights": arrays["weights"]}
    gradients.emit(operation, f"{family}.backward_weights", "weights", of_weights, **operation.attributes)
    gradients.emit(operation, "bias.backward", "biases", {"dy": dy})
    gradients.emit(operation, f"{family}.backward_data", "x", of_data, **operation.attributes)


def gradient_from(*ports: str) -> Gradient:
    """Return the rule that emits the gradient of x by the operation's twin, which reads ``ports`` and dy."""

    def emit(gradients: Gradients, operation: Operation) -> None:
        dy = gradients.arrived(operation)
        if dy is None:
            return
        arrays = {**operation.inputs, **operation.outputs}
        inputs = {**{port: arrays[port] for port in ports}, "dy": dy}
        kind = operation.kind.replace("forward", "backward")
        gradients.emit(operation, kind, "x", inputs, **operation.attributes)

    return emit
