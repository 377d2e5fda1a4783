"""Response normalisation across maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import ShapeRuleError, TensorType, expect_picture
from engine.layers.fields import flag
from engine.layers.response_norm import ResponseNorm
from engine.words import Words


@dataclass(frozen=True, kw_only=True)
class CmRNorm(ResponseNorm):
    """Response normalisation over neighbouring maps at the same pixel."""

    kind = "cmrnorm"
    family = "normalisation"
    title = "Response normalisation across maps"
    summary = "Quietens values where neighbouring maps are loud at the same place."
    formula = (
        "y[f] = x[f] · (minimum + scale / size · Σ x[g]²)^−power, over the size maps g from f − ⌊size/2⌋ on; "
        "blocked: over those with ⌊g/size⌋ = ⌊f/size⌋"
    )
    source = "cuda-convnet, layer type cmrnorm; Krizhevsky, Sutskever, Hinton 2012, section 3.3"
    synonyms = ("lrn", "local response normalisation", "cross map", "normalization")

    blocked: bool = flag(
        False, title="Blocked", help="Windows are fixed blocks of maps in place of sliding ones."
    )

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        _, _, channels = expect_picture(inputs)
        if self.size > channels:
            raise ShapeRuleError(
                0, Words("at least {count} channels", count=self.size), "Use a smaller size."
            )
        return inputs[0]
