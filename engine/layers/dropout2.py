"""Dropout as it was first: scaled at test, not in training."""

from __future__ import annotations

from dataclasses import dataclass

from engine.layers.dropout import Dropout


@dataclass(frozen=True, kw_only=True)
class Dropout2(Dropout):
    """Keeps each unit with probability ``keep`` in training; multiplies all by ``keep`` at test."""

    kind = "dropout2"
    title = "Dropout, scaled at test"
    summary = "Silences random units while training; at test all units speak, more quietly."
    formula = "training: y = x · m with m = 1 with probability keep, else 0;   test: y = x · keep"
    source = "Hinton et al. 2012, 'Improving neural networks…'; cuda-convnet2, layer type dropout2"
