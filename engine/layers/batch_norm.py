"""Batch normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.layers.base import Initial, Layer, Learning, TensorType, WeightSpec
from engine.layers.fields import choice, real
from engine.layers.learning import frozen_field, rate_field
from engine.layers.neuron import IDENTITY, neuron_caption, neuron_field

OF_DEVICE: Final = "device"
STATISTICS = (("batch", "over the whole batch"), (OF_DEVICE, "over each device's own"))


@dataclass(frozen=True, kw_only=True)
class BatchNorm(Layer):
    """Each map gets mean 0 and variance 1 over the batch, then a gain and a bias that are learnt."""

    kind = "batch_norm"
    family = "normalisation"
    title = "Batch normalisation"
    summary = "Gives each map mean 0 and variance 1 over the batch; at test, by averages kept in training."
    formula = "y = g(gain · (x − mean) / √(variance + epsilon) + bias)"
    source = "Ioffe and Szegedy 2015, 'Batch normalization'"
    synonyms = ("bn", "batchnorm", "normalization")

    epsilon: float = real(
        1e-5,
        minimum=0.0,
        open_minimum=True,
        title="Epsilon",
        help="Added to the variance, so that a map that never changes is not divided by 0.",
    )
    share: float = real(
        0.1,
        minimum=0.0,
        maximum=1.0,
        open_minimum=True,
        title="Share of a batch",
        help="Share of the newest batch in the averages that are used at test.",
    )
    statistics: str = choice(
        "batch",
        STATISTICS,
        title="Statistics",
        help="What mean and variance are over, where a split shares out the examples: the whole batch, as on "
        "one device, or each device's own examples, for which nothing is sent.",
    )
    neuron: str = neuron_field(IDENTITY)
    rate: float = rate_field("gains")
    bias_rate: float = rate_field("biases")
    frozen: bool = frozen_field()

    def weights(self, inputs: Sequence[TensorType]) -> tuple[WeightSpec, ...]:
        channels = inputs[0].shape[-1:]
        off = 0.0 if self.frozen else 1.0
        zero, one = Initial("constant"), Initial("constant", mean=1.0)
        kept = Learning(0.0)
        return (
            WeightSpec("weights", channels, ("channel",), one, Learning(self.rate * off)),
            WeightSpec("biases", channels, ("channel",), zero, Learning(self.bias_rate * off), "bias"),
            WeightSpec("average_means", channels, ("channel",), zero, kept, "average"),
            WeightSpec("average_variances", channels, ("channel",), one, kept, "average"),
        )

    def multiply_adds(self, inputs: Sequence[TensorType]) -> int:
        return inputs[0].size

    def caption(self) -> str:
        return " · ".join(neuron_caption(self.neuron))
