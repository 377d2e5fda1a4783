"""What the rules of several layers share."""

from __future__ import annotations

from collections.abc import Iterable

from engine.layers.cost_layer import CostLayer
from engine.layers.neuron import IDENTITY, parse_neuron
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.gradients import Gradients
from engine.plan.compile.rules.rule import Gradient
from engine.plan.types import Buffer, Operation, Value
from kernels import control


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
    kind, parameters = parse_neuron(neuron)
    named = dict(zip("ab", parameters, strict=False))
    draft.emit("neuron.forward", layer.name, {"x": x}, {"y": y}, neuron=kind.name, **named)
    return y


def emit_weighted_sums(
    draft: Draft, layer: InferredLayer, kind: str, inputs: Iterable[str], neuron: str, **attributes: Value
) -> str:
    """Emit the sum of all inputs, each by its own weights, and the neuron; return the output's buffer."""
    y = add_sums(draft, layer, neuron)
    names = [layer.buffer(weight) for weight in layer.weights if weight.role == "weight"]
    for number, (x, weights) in enumerate(zip(inputs, names, strict=True)):
        if number == 0:
            arrays = {"x": x, "weights": weights, "biases": f"{layer.name}.biases"}
            draft.emit(kind, layer.name, arrays, {"y": y}, **attributes)
        else:
            draft.emit(
                kind, layer.name, {"x": x, "weights": weights}, {"y": y}, **attributes, accumulate=True
            )
    return emit_neuron(draft, layer, neuron, y)


def add_metrics(draft: Draft, layer: InferredLayer) -> str:
    """Add the buffer of a cost's sums, and return its name."""
    assert isinstance(layer.layer, CostLayer)
    sums = control.METRICS + layer.layer.further_sums(layer.inputs)
    return draft.add(Buffer(f"{layer.name}.metrics", "metrics", (sums,), ("metric",), "float64"))


def weighted_gradient(gradients: Gradients, operation: Operation) -> None:
    """Emit the gradients of weights, inputs and any biases: conv.backward_weights and its like."""
    dy = gradients.arrived(operation)
    if dy is None:
        return
    family = operation.kind.removesuffix(".forward")
    arrays = operation.inputs
    of_weights = {"x": arrays["x"], "dy": dy}
    of_data = {"dy": dy, "weights": arrays["weights"]}
    attributes = own_attributes(operation)
    gradients.emit(operation, f"{family}.backward_weights", "weights", of_weights, **attributes)
    if "biases" in arrays:
        gradients.emit(operation, "bias.backward", "biases", {"dy": dy})
    gradients.emit(operation, f"{family}.backward_data", "x", of_data, **attributes)


def own_attributes(operation: Operation) -> dict[str, Value]:
    """Return an operation's attributes but for whether it adds to its output."""
    return {name: value for name, value in operation.attributes.items() if name != "accumulate"}


def gradient_from(*ports: str) -> Gradient:
    """Return the rule that emits the gradient of x by the operation's twin, which reads ``ports`` and dy."""

    def emit(gradients: Gradients, operation: Operation) -> None:
        dy = gradients.arrived(operation)
        if dy is None:
            return
        arrays = {**operation.inputs, **operation.outputs}
        inputs = {**{port: arrays[port] for port in ports}, "dy": dy}
        kind = operation.kind.replace("forward", "backward")
        gradients.emit(operation, kind, "x", inputs, **own_attributes(operation))

    return emit


def cost_gradient(port: str, *attributes: str) -> Gradient:
    """Return the rule that emits the gradient of a cost's input ``port``, told the named ``attributes``."""

    def emit(gradients: Gradients, operation: Operation) -> None:
        cost = gradients.layer_of(operation).layer
        assert isinstance(cost, CostLayer)
        inputs = {**operation.inputs, "counters": operation.outputs["counters"]}
        kind = operation.kind.replace("forward", "backward")
        told = {name: operation.attributes[name] for name in attributes}
        gradients.emit(operation, kind, port, inputs, coefficient=cost.coefficient, **told)

    return emit


def no_gradient(gradients: Gradients, operation: Operation) -> None:
    """Emit nothing: no layer that learns lies before the operation."""
