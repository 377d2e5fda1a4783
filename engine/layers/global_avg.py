"""Global average pooling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import Layer, Likelihood, TensorType, expect_picture


@dataclass(frozen=True, kw_only=True)
class GlobalAvg(Layer):
    """The mean of each map, as a vector."""

    kind = "global_avg"
    family = "pooling"
    title = "Global average"
    summary = "Turns each map into one value, its mean, whatever the size of the picture."
    formula = "y[c] = mean of x[p, q, c] over all p, q"
    source = "Lin, Chen, Yan 2013, 'Network in network'"
    synonyms = ("global average pooling", "gap", "mean")

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        _, _, channels = expect_picture(inputs)
        return TensorType((channels,))

    def likelihood(self, inputs: Sequence[Likelihood]) -> Likelihood:
        return min(inputs[0], Likelihood.EACH)
