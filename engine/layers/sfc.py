"""Split fully connected layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import SEVERAL, ShapeRuleError, TensorType, WeightSpec
from engine.layers.fields import whole
from engine.layers.learning import Link, WeightedLayer
from engine.layers.neuron import IDENTITY, neuron_caption, neuron_field
from engine.words import Words


@dataclass(frozen=True, kw_only=True)
class Sfc(WeightedLayer):
    """Inputs in equal parts, each with outputs of its own: a matrix of blocks along the diagonal.

    Weights are (outputs of all parts, inputs / parts). Pictures are flattened in (height, width, channels)
    order.
    """

    kind = "sfc"
    family = "dense"
    title = "Split fully connected"
    summary = "Every output is a weighted sum of the inputs of its part."
    formula = "y[k] = g(b[k] + Σ w[k, i] · x[part·I + i]), part = ⌊k / outputs⌋, summed over the inputs"
    source = "cuda-convnet2, layer type sfc"
    synonyms = ("block diagonal", "grouped", "dense", "linear")
    inputs = (SEVERAL,)

    outputs: int = whole(10, title="Outputs", help="Number of units of each part.")
    parts: int = whole(2, title="Parts", help="How many parts there are.")
    neuron: str = neuron_field(IDENTITY)

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        for port, kind in enumerate(inputs):
            if kind.size % self.parts:
                raise ShapeRuleError(
                    port,
                    Words("a number of values that {count} parts divide evenly", count=self.parts),
                    "Change the parts.",
                )
        return TensorType((self.outputs * self.parts,))

    def weights(self, inputs: Sequence[TensorType]) -> tuple[WeightSpec, ...]:
        units = self.outputs * self.parts
        links = [
            Link((units, kind.size // self.parts), kind.size // self.parts, self.outputs) for kind in inputs
        ]
        return self.weight_specs(links, ("output", "input"), (units,), ("output",))

    def multiply_adds(self, inputs: Sequence[TensorType]) -> int:
        return self.outputs * sum(kind.size for kind in inputs)

    def caption(self) -> str:
        return " · ".join((f"{self.parts} × {self.outputs} outputs", *neuron_caption(self.neuron)))
