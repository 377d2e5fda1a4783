"""Fields that every layer with weights has: how they start and how they learn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.layers.base import Initial, Layer, Learning, WeightSpec
from engine.layers.fields import choice, flag, real


@dataclass(frozen=True)
class Link:
    """The weights between one input and the outputs: each output has ``fan_in``, each input ``fan_out``."""

    shape: tuple[int, ...]
    fan_in: int
    fan_out: int


def rate_field(what: str) -> Any:
    """A field that holds the factor of the learning rate of weights, biases, gains …"""
    return real(
        1.0,
        minimum=0.0,
        title=f"Rate of {what}",
        help=f"Multiplies the network's learning rate; 0 keeps the {what} as they are.",
        unit="×",
        group="learning",
    )


def frozen_field() -> Any:
    """A field that tells whether a layer does not learn."""
    return flag(
        False,
        title="Frozen",
        help="Keep weights and biases as they are, and compute no gradient for them.",
        group="learning",
    )


@dataclass(frozen=True, kw_only=True)
class WeightedLayer(Layer):
    """A layer with weights and biases.

    cuda-convnet's names: initW and initB (start), epsW and epsB (rates), momW and momB, wc (decay).
    """

    initial: str = choice(
        "he",
        (
            ("he", "He: √(2 / inputs)"),
            ("glorot", "Glorot: √(2 / (inputs + outputs))"),
            ("normal", "Normal, own deviation"),
            ("uniform", "Uniform, own deviation"),
        ),
        title="Weights start as",
        help="Random numbers around 0. He suits ReLU, Glorot suits tanh and logistic.",
        group="learning",
    )
    deviation: float = real(
        0.01,
        minimum=0.0,
        title="Deviation",
        help="Standard deviation of the starting weights, where they start with a deviation of their own.",
        group="learning",
    )
    bias: float = real(
        0.0,
        title="Biases start at",
        help="A small positive value keeps ReLU units alive at first.",
        group="learning",
    )
    rate: float = rate_field("weights")
    bias_rate: float = rate_field("biases")
    momentum: float | None = real(
        None,
        minimum=0.0,
        maximum=1.0,
        open_maximum=True,
        optional=True,
        title="Momentum",
        help="Share of the last step's change that is carried on.",
        group="learning",
    )
    decay: float | None = real(
        None,
        minimum=0.0,
        optional=True,
        title="Weight decay",
        help="Pulls weights towards 0; biases are left alone.",
        group="learning",
    )
    frozen: bool = frozen_field()

    def weight_specs(
        self,
        links: Sequence[Link],
        axes: tuple[str, ...],
        biases: tuple[int, ...],
        bias_axes: tuple[str, ...],
    ) -> tuple[WeightSpec, ...]:
        """Return the specs of an array of weights for each input, and of the biases of all.

        The arrays are called weights, weights2, weights3 and so on.
        """
        off = 0.0 if self.frozen else 1.0
        learning = Learning(self.rate * off, self.momentum, self.decay)
        arrays = (
            WeightSpec(f"weights{number}" if number > 1 else "weights", link.shape, axes, start, learning)
            for number, link in enumerate(links, 1)
            for start in (self._start(link),)
        )
        first_biases = WeightSpec(
            "biases",
            biases,
            bias_axes,
            Initial("constant", mean=self.bias),
            Learning(self.bias_rate * off, self.momentum),
            "bias",
        )
        weights = tuple(arrays)
        return (weights[0], first_biases, *weights[1:])

    def _start(self, link: Link) -> Initial:
        """Return how the weights of one input start.

        Sources: He et al. 2015, "Delving deep into rectifiers", eq. 10; Glorot and Bengio 2010,
        "Understanding the difficulty of training deep feedforward neural networks", eq. 12.
        """
        match self.initial:
            case "he":
                return Initial("normal", deviation=math.sqrt(2.0 / link.fan_in))
            case "glorot":
                return Initial("normal", deviation=math.sqrt(2.0 / (link.fan_in + link.fan_out)))
            case "uniform":
                return Initial("uniform", deviation=self.deviation)
            case _:
                return Initial("normal", deviation=self.deviation)
