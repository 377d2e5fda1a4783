"""Dropout: a random part of the units is silent in each training step."""

from __future__ import annotations

from dataclasses import dataclass

from engine.layers.base import Layer
from engine.layers.fields import real


@dataclass(frozen=True, kw_only=True)
class Dropout(Layer):
    """Keeps each unit with probability ``keep`` in training and scales it by 1 / keep; passes all at test."""

    kind = "dropout"
    family = "regularisation"
    title = "Dropout"
    summary = "Silences random units while training, so that no unit relies on another; does nothing at test."
    formula = "training: y = x · m / keep with m = 1 with probability keep, else 0;   test: y = x"
    source = "Srivastava et al. 2014, 'Dropout'; cuda-convnet2, layer type dropout"
    synonyms = ("regularisation",)

    keep: float = real(
        0.5,
        minimum=0.0,
        maximum=1.0,
        open_minimum=True,
        title="Keep",
        help="Probability that a unit is kept in a training step.",
    )

    def caption(self) -> str:
        return f"keep {self.keep:g}"
