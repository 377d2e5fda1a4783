"""Fields that every layer with weights has: how they start and how they learn."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.layers.base import Initial, Layer, Learning, NormLimits, WeightSpec
from engine.layers.fields import choice, flag, real, text


@dataclass(frozen=True)
class Link:
    """The weights between one input and the outputs: each output has ``fan_in``, each input ``fan_out``."""

    shape: tuple[int, ...]
    fan_in: int
    fan_out: int


_SOURCE = re.compile(r"([^\[\],\s]+)(?:\[(\d{1,4})\])?")


def parse_sources(words: str) -> tuple[str, ...]:
    """Return the arrays that a list of weight sources names, such as "conv1.weights", "" for none.

    "conv1, , fc2[1]" is the first array of conv1, none, and the second of fc2. A layer alone stands for its
    array of the same number. Raises ValueError where the list is none.
    """
    sources = []
    for number, entry in enumerate(words.split(",") if words.strip() else ()):
        match = _SOURCE.fullmatch(entry.strip())
        if match is None and entry.strip():
            raise ValueError(words)
        sources.append("" if match is None else f"{match[1]}.{array_name(int(match[2] or number))}")
    return tuple(sources)


def array_name(number: int) -> str:
    """Return the name of the weights of input ``number``, from 0 on."""
    return f"weights{number + 1}" if number else "weights"


def rate_field(whose: str) -> Any:
    """A field that holds the factor of the learning rate of weights, biases, gains …"""
    return real(
        1.0,
        minimum=0.0,
        title=f"Rate of {whose}",
        help=f"Multiplies the network's learning rate; 0 keeps the {whose} as they are.",
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

    cuda-convnet's names: initW and initB (start), epsW and epsB (rates), momW and momB, wc (decay),
    weightSource (weights of), wball (both norms the same; the largest alone for local layers), wcNormMin and
    wcNormMax (centred norms).
    """

    initial: str = choice(
        "he",
        (
            ("he", "He"),
            ("glorot", "Glorot"),
            ("normal", "Normal"),
            ("uniform", "Uniform"),
        ),
        title="Weights start as",
        help="Random numbers around 0. He suits ReLU, with a deviation of √(2 / inputs); Glorot suits tanh "
        "and logistic, with one of √(2 / (inputs + outputs)).",
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
    least_norm: float = real(
        0.0,
        minimum=0.0,
        title="Least norm",
        help="After each update, w is scaled up to a norm √Σ w² of at least this, unit by unit "
        "(cuda-convnet2: wball for conv and fc is both norms; wcNormMin).",
        group="learning",
    )
    most_norm: float = real(
        0.0,
        minimum=0.0,
        title="Largest norm",
        help="After each update, w is scaled down to a norm √Σ w² of at most this, unit by unit; 0 is no "
        "limit (cuda-convnet2: wball, wcNormMax).",
        group="learning",
    )
    centred_norm: bool = flag(
        False,
        title="Centred norm",
        help="Take √Σ (w − mean)² / n over a unit's n weights for its norm (cuda-convnet2: wcNormMin and "
        "wcNormMax).",
        group="learning",
    )
    weights_of: str = text(
        "",
        title="Weights of",
        help="Another layer whose weights are used in place of own ones, such as conv1; for several inputs a "
        "list, such as conv1, fc2[1]. Biases are never shared (cuda-convnet: weightSource).",
        group="learning",
    )

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
        norm = NormLimits(self.least_norm, self.most_norm, self.centred_norm)
        sources = self._sources(len(links))
        weights = [
            WeightSpec(
                array_name(number), link.shape, axes, self._start(link), learning, source=source, norm=norm
            )
            for number, (link, source) in enumerate(zip(links, sources, strict=True))
        ]
        first_biases = WeightSpec(
            "biases",
            biases,
            bias_axes,
            Initial("constant", mean=self.bias),
            Learning(self.bias_rate * off, self.momentum),
            "bias",
        )
        return (weights[0], first_biases, *weights[1:])

    def _sources(self, count: int) -> tuple[str, ...]:
        """Return where the weights of each input are kept, "" for its own. A list that is none names none."""
        try:
            sources = parse_sources(self.weights_of)
        except ValueError:
            sources = ()
        return (*sources, *[""] * count)[:count]

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
