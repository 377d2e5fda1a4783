"""Neurons: functions that act on each value alone."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.layers.base import Layer
from engine.layers.fields import ChoiceSpec, field_of

IDENTITY = "none"

_TEXT = re.compile(r"^\s*([a-z_]+)\s*(?:\[([^\[\]]*)\])?\s*$")


@dataclass(frozen=True)
class NeuronKind:
    """A neuron: ``parameters`` are its numbers a and b, as far as it has any, with their defaults.

    ``positive`` and ``non_zero`` name the parameters that must be so.
    """

    name: str
    title: str
    formula: str
    parameters: tuple[float, ...] = ()
    positive: str = ""
    non_zero: str = ""

    @property
    def text(self) -> str:
        """The neuron with its default parameters, as a field holds it."""
        return neuron_text(self.name, self.parameters)


NEURON_KINDS: dict[str, NeuronKind] = {
    kind.name: kind
    for kind in (
        NeuronKind(IDENTITY, "None (identity)", "y = x"),
        NeuronKind("relu", "ReLU", "y = max(0, x)"),
        NeuronKind("tanh", "tanh", "y = a · tanh(b·x)", (1.0, 1.0), non_zero="ab"),
        NeuronKind("logistic", "Logistic", "y = 1 / (1 + e^−x)"),
        NeuronKind("leaky_relu", "Leaky ReLU", "y = x where x > 0, else a·x", (0.01,), positive="a"),
        NeuronKind("gelu", "GELU", "y = x/2 · (1 + tanh(√(2/π) · (x + 0.044715·x³)))"),
        NeuronKind("silu", "SiLU", "y = x / (1 + e^−x)"),
        NeuronKind("brelu", "Bounded ReLU", "y = min(a, max(0, x))", (1.0,), positive="a"),
        NeuronKind("softrelu", "Soft ReLU", "y = log(1 + e^x)"),
        NeuronKind("drelu", "Double ReLU", "y = x − a · tanh(x/a)", (1.0,), positive="a"),
        NeuronKind("abs", "Absolute value", "y = |x|"),
        NeuronKind("square", "Square", "y = x²"),
        NeuronKind("sqrt", "Square root", "y = √x"),
        NeuronKind("log", "Logarithm", "y = log(a + x)", (1.0,)),
        NeuronKind("linear", "Linear", "y = a·x + b", (1.0, 0.0)),
    )
}
"""Neurons by name, in the order in which they are offered. A neuron without parameters may be ``tanh``
alone, one with other parameters is ``tanh[1.7159,0.6667]``."""


def neuron_text(name: str, parameters: tuple[float, ...]) -> str:
    """Return a neuron as a field holds it; parameters that are the defaults are left out."""
    if parameters == NEURON_KINDS[name].parameters:
        return name
    return f"{name}[{','.join(repr(value).removesuffix('.0') for value in parameters)}]"


def parse_neuron(text: str) -> tuple[NeuronKind, tuple[float, ...]]:
    """Return the neuron that a text names and its parameters; raise ValueError where it names none.

    cuda-convnet's "ident" is accepted for the identity.
    """
    match = _TEXT.fullmatch(text)
    kind = NEURON_KINDS.get(IDENTITY if match and match[1] == "ident" else match[1] if match else "")
    if match is None or kind is None:
        raise ValueError(text)
    if match[2] is None:
        return kind, kind.parameters
    values = tuple(float(part) for part in match[2].split(","))
    named = dict(zip("ab", values, strict=False))
    fits = (
        len(values) == len(kind.parameters)
        and all(map(math.isfinite, values))
        and all(named[name] > 0 for name in kind.positive)
        and all(named[name] != 0 for name in kind.non_zero)
    )
    if not fits:
        raise ValueError(text)
    return kind, values


@dataclass(frozen=True, kw_only=True)
class NeuronSpec(ChoiceSpec):
    """One of the neurons, with parameters of its own where it has some: "tanh[1.7159,0.6667]"."""

    type_name: ClassVar[str] = "neuron"

    @property
    def expected(self) -> str:
        return f"{super().expected}, with parameters such as tanh[1.7159,0.6667]"

    def parse(self, value: object) -> str:
        if not isinstance(value, str):
            raise ValueError(value)
        kind, parameters = parse_neuron(value)
        return neuron_text(kind.name, parameters)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": _TEXT.pattern}


def neuron_field(default: str) -> Any:
    """A field that holds the neuron of a layer's outputs."""
    spec = NeuronSpec(
        title="Neuron",
        help="The function that every output value passes.",
        group="neuron",
        choices=tuple((kind.name, kind.title) for kind in NEURON_KINDS.values()),
    )
    return field_of(spec, default)


def neuron_title(neuron: str) -> str:
    """Return a neuron's title, with parameters that are not its defaults, in three digits."""
    kind, parameters = parse_neuron(neuron)
    if parameters == kind.parameters:
        return kind.title
    return f"{kind.title}[{','.join(f'{value:.3g}' for value in parameters)}]"


def neuron_caption(neuron: str) -> tuple[str, ...]:
    """Return the neuron's title for a card, or nothing for the identity."""
    return () if neuron == IDENTITY else (neuron_title(neuron),)


@dataclass(frozen=True, kw_only=True)
class Neuron(Layer):
    """A neuron as a layer of its own."""

    kind = "neuron"
    family = "activation"
    title = "Neuron"
    summary = "Applies a function to each value alone."
    formula = "\n".join(f"{kind.title}: {kind.formula}" for kind in NEURON_KINDS.values())
    source = (
        "cuda-convnet and cuda-convnet2, neuron.cuh (ident, relu, tanh, logistic, brelu, softrelu, drelu, "
        "abs, square, sqrt, log, linear); Maas et al. 2013 (leaky ReLU); Hendrycks and Gimpel 2016 (GELU, by "
        "tanh); Elfwing et al. 2018 (SiLU)"
    )
    synonyms = (
        "activation",
        "relu",
        "tanh",
        "sigmoid",
        "logistic",
        "identity",
        "rectifier",
        "leaky",
        "gelu",
        "silu",
        "swish",
    )

    neuron: str = neuron_field("relu")

    def caption(self) -> str:
        return neuron_title(self.neuron)
