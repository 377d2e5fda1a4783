"""Differentiates a program: appends the gradients of its operations, last one first.

Only what leads back to a weight that learns gets a gradient. A buffer that is read by several operations
gets the sum of their gradients: the first writes it, the others add to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.layers.cross_entropy import CrossEntropy
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.types import Operation, Role, Value


def differentiate(draft: Draft, layers: dict[str, InferredLayer]) -> None:
    """Append the backward pass of all operations of ``draft``."""
    weights = {
        f"{layer.name}.{weight.name}"
        for layer in layers.values()
        for weight in layer.weights
        if weight.learning.learns
    }
    needed = _needing_gradients(draft.operations, weights)
    coefficients = {
        layer.name: layer.layer.coefficient
        for layer in layers.values()
        if isinstance(layer.layer, CrossEntropy)
    }
    backward = _Backward(draft, needed, coefficients)
    for operation in reversed(tuple(draft.operations)):
        backward.rules[operation.kind](operation)


def _needing_gradients(operations: Iterable[Operation], weights: set[str]) -> set[str]:
    """Return the weights that learn and all buffers that depend on one."""
    needed = set(weights)
    for operation in operations:
        if needed.intersection(operation.inputs.values()):
            needed.update(operation.outputs.values())
    return needed


class _Backward:
    """The rules by kind of operation. Each emits the gradients of its operation's inputs."""

    def __init__(self, draft: Draft, needed: set[str], coefficients: dict[str, float]) -> None:
        self._draft = draft
        self._needed = needed
        self._coefficients = coefficients
        self.rules: dict[str, Callable[[Operation], None]] = {
            "conv.forward": self._conv,
            "fc.forward": self._fc,
            "max_pool.forward": self._max_pool,
            "avg_pool.forward": self._avg_pool,
            "neuron.forward": self._from_output,
            "softmax.forward": self._from_output,
            "dropout.forward": self._dropout,
            "cross_entropy.forward": self._cross_entropy,
        }

    def _conv(self, operation: Operation) -> None:
        self._weighted(operation, "conv.backward_weights", "conv.backward_data")

    def _fc(self, operation: Operation) -> None:
        self._weighted(operation, "fc.backward_weights", "fc.backward_data")

    def _weighted(self, operation: Operation, of_weights: str, of_data: str) -> None:
        arrays = operation.inputs
        dy = self._arrived(operation)
        if dy is None:
            return
        self._gradient(operation, of_weights, "weights", {"x": arrays["x"], "dy": dy}, **operation.attributes)
        self._gradient(operation, "bias.backward", "biases", {"dy": dy})
        inputs = {"dy": dy, "weights": arrays["weights"]}
        self._gradient(operation, of_data, "x", inputs, **operation.attributes)

    def _max_pool(self, operation: Operation) -> None:
        self._elementwise(operation, {"x": operation.inputs["x"], "y": operation.outputs["y"]})

    def _avg_pool(self, operation: Operation) -> None:
        self._elementwise(operation, {})

    def _from_output(self, operation: Operation) -> None:
        self._elementwise(operation, {"y": operation.outputs["y"]})

    def _dropout(self, operation: Operation) -> None:
        dy = self._arrived(operation)
        if dy is not None:
            inputs = {"mask": operation.outputs["mask"], "dy": dy}
            keep = operation.attributes["keep"]
            self._gradient(operation, "dropout.backward", "x", inputs, keep=keep)

    def _elementwise(self, operation: Operation, inputs: dict[str, str]) -> None:
        dy = self._arrived(operation)
        if dy is not None:
            kind = operation.kind.replace("forward", "backward")
            self._gradient(operation, kind, "x", {**inputs, "dy": dy}, **operation.attributes)

    def _cross_entropy(self, operation: Operation) -> None:
        inputs = {**operation.inputs, "counters": operation.outputs["counters"]}
        self._gradient(
            operation,
            "cross_entropy.backward",
            "probabilities",
            inputs,
            coefficient=self._coefficients[operation.layer],
        )

    def _arrived(self, operation: Operation) -> str | None:
        """Return the gradient of the operation's output, or None where no cost depends on it."""
        return self._draft.gradients.get(operation.outputs["y"])

    def _gradient(
        self, operation: Operation, kind: str, port: str, inputs: dict[str, str], **attributes: Value
    ) -> None:
        """Emit the operation that writes, or adds to, the gradient of the buffer at an input port."""
        source = operation.inputs[port]
        if source not in self._needed:
            return
        accumulate = source in self._draft.gradients
        if not accumulate:
            is_weight = self._draft.buffers[source].role == "weight"
            role: Role = "weight gradient" if is_weight else "gradient"
            self._draft.gradients[source] = self._draft.add_like(f"{source}.gradient", role, source)
        outputs = {f"d{port}": self._draft.gradients[source]}
        self._draft.emit(kind, operation.layer, inputs, outputs, **attributes, accumulate=accumulate)
