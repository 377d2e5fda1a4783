"""The gradients of a draft's buffers, which the rules of the layers emit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.plan.analysis.infer import InferredLayer, learning_weights
from engine.plan.compile.draft import Draft
from engine.plan.types import Operation, Role, Value


class Gradients:
    """Emits the backward pass into ``draft``.

    Only what leads back to a weight that learns gets a gradient. A buffer that is read by several operations
    gets the sum of their gradients: the first writes it, the others add to it.
    """

    def __init__(self, draft: Draft, layers: Mapping[str, InferredLayer]) -> None:
        self._draft = draft
        self._layers = layers
        self._needed = _needing_gradients(draft, learning_weights(layers))

    def layer_of(self, operation: Operation) -> InferredLayer:
        """Return the layer that an operation belongs to."""
        return self._layers[operation.layer]

    def arrived(self, operation: Operation) -> str | None:
        """Return the gradient of the operation's output y, or None where no cost depends on it."""
        return self._draft.gradients.get(operation.outputs["y"])

    def emit(
        self, operation: Operation, kind: str, port: str, inputs: Mapping[str, str], **attributes: Value
    ) -> None:
        """Emit the operation that writes, or adds to, the gradient of the buffer at an input port.

        Nothing is emitted where that buffer needs no gradient.
        """
        source = operation.inputs[port]
        if source not in self._needed:
            return
        accumulate = source in self._draft.gradients
        if not accumulate:
            is_weight = self._draft.buffers[source].role == "weight"
            role: Role = "weight gradient" if is_weight else "gradient"
            self._draft.gradients[source] = self._draft.add_like(f"{source}.gradient", role, source)
        outputs = {f"d{port}": self._draft.gradients[source]}
        self._draft.emit(kind, operation.layer, dict(inputs), outputs, **attributes, accumulate=accumulate)


def _needing_gradients(draft: Draft, weights: Iterable[str]) -> set[str]:
    """Return the weights that learn and all buffers of the step that depend on one."""
    needed = set(weights)
    for operation in draft.operations:
        if needed.intersection(operation.inputs.values()):
            outputs = operation.outputs.values()
            needed.update(name for name in outputs if not draft.buffers[name].persistent)
    return needed
