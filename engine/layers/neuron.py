"""Neurons: functions that act on each value alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.layers.base import Layer
from engine.layers.fields import choice

IDENTITY = "none"

NEURONS: tuple[tuple[str, str], ...] = (
    (IDENTITY, "None (identity)"),
    ("relu", "ReLU"),
    ("tanh", "tanh"),
    ("logistic", "Logistic"),
)


def neuron_field(default: str) -> Any:
    """A field that holds the neuron of a layer's outputs."""
    return choice(
        default, NEURONS, title="Neuron", help="The function that every output value passes.", group="neuron"
    )


def neuron_caption(neuron: str) -> tuple[str, ...]:
    """Return the neuron's title for a card, or nothing for the identity."""
    return () if neuron == IDENTITY else (dict(NEURONS)[neuron],)


@dataclass(frozen=True, kw_only=True)
class Neuron(Layer):
    """A neuron as a layer of its own."""

    kind = "neuron"
    family = "activation"
    title = "Neuron"
    summary = "Applies a function to each value alone."
    formula = "ReLU: y = max(0, x)   tanh: y = tanh x   logistic: y = 1 / (1 + e^−x)   none: y = x"
    source = "cuda-convnet, neurons relu, tanh, logistic, ident"
    synonyms = ("activation", "relu", "tanh", "sigmoid", "logistic", "identity", "rectifier")

    neuron: str = neuron_field("relu")

    def caption(self) -> str:
        return dict(NEURONS)[self.neuron]
