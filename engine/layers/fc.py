"""Fully connected layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import TensorType, WeightSpec
from engine.layers.fields import whole
from engine.layers.learning import WeightedLayer
from engine.layers.neuron import IDENTITY, neuron_caption, neuron_field


@dataclass(frozen=True, kw_only=True)
class Fc(WeightedLayer):
    """Each output sees all inputs. Pictures are flattened in (height, width, channels) order."""

    kind = "fc"
    family = "dense"
    title = "Fully connected"
    summary = "Every output is a weighted sum of all inputs."
    formula = "y[k] = g(b[k] + Σ w[k, i] · x[i])"
    source = "cuda-convnet, layer type fc"
    synonyms = ("dense", "linear", "inner product", "fully connected")

    outputs: int = whole(
        10, title="Outputs", help="Number of units; for the last one, the number of classes."
    )
    neuron: str = neuron_field(IDENTITY)

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        return TensorType((self.outputs,))

    def weights(self, inputs: Sequence[TensorType]) -> tuple[WeightSpec, ...]:
        return self.weight_specs(
            (self.outputs, inputs[0].size),
            ("output", "input"),
            biases=self.outputs,
            fan_in=inputs[0].size,
            fan_out=self.outputs,
        )

    def multiply_adds(self, inputs: Sequence[TensorType]) -> int:
        return self.outputs * inputs[0].size

    def caption(self) -> str:
        return " · ".join((f"{self.outputs} outputs", *neuron_caption(self.neuron)))
