"""Pass: hands its input on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import Layer, Likelihood


@dataclass(frozen=True, kw_only=True)
class PassOn(Layer):
    """Hands its input on as it is: a name for a place in the network."""

    kind = "pass_on"
    family = "joining"
    title = "Pass"
    summary = "Hands its input on unchanged; gives a place in the network a name."
    formula = "y = x"
    source = "cuda-convnet2, layer type pass"
    synonyms = ("identity", "pass", "alias")

    def likelihood(self, inputs: Sequence[Likelihood]) -> Likelihood:
        return inputs[0]
