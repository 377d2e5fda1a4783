"""Fully connected layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import SEVERAL, TensorType, WeightSpec
from engine.layers.fields import whole
from engine.layers.learning import Link, WeightedLayer
from engine.layers.neuron import IDENTITY, neuron_caption, neuron_field


@dataclass(frozen=True, kw_only=True)
class Fc(WeightedLayer):
    """Each output sees all inputs; each input has its own weights.

    Pictures are flattened in (height, width, channels) order.
    """

    kind = "fc"
    family = "dense"
    title = "Fully connected"
    summary = "Every output is a weighted sum of all inputs."
    formula = "y[k] = g(b[k] + Σ w[k, i] · x[i]), summed over the inputs"
    source = "cuda-convnet, layer type fc"
    synonyms = ("dense", "linear", "inner product", "fully connected")

    inputs = (SEVERAL,)

    outputs: int = whole(
        10, title="Outputs", help="Number of units; for the last one, the number of classes."
    )
    neuron: str = neuron_field(IDENTITY)

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        return TensorType((self.outputs,))

    def weights(self, inputs: Sequence[TensorType]) -> tuple[WeightSpec, ...]:
        links = [Link((self.outputs, kind.size), kind.size, self.outputs) for kind in inputs]
        return self.weight_specs(links, ("output", "input"), (self.outputs,), ("output",))

    def multiply_adds(self, inputs: Sequence[TensorType]) -> int:
        return self.outputs * sum(kind.size for kind in inputs)

    def caption(self) -> str:
        return " · ".join((f"{self.outputs} outputs", *neuron_caption(self.neuron)))
