"""What every layer is: a frozen record of fields with a shape rule, its weights and its cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Literal

from engine.layers.fields import FieldSpec, field_specs
from engine.words import Words

Family = Literal[
    "data",
    "convolution",
    "pooling",
    "normalisation",
    "dense",
    "activation",
    "regularisation",
    "joining",
    "cost",
]
Content = Literal["values", "labels", "cost"]


@dataclass(frozen=True)
class TensorType:
    """What flows along a wire, for one example: ``shape`` without the batch axis.

    Pictures are (height, width, channels), vectors are (units,). ``labels`` are whole numbers, shape (), and
    so is a ``cost``, which no layer takes.
    """

    shape: tuple[int, ...]
    content: Content = "values"

    @property
    def size(self) -> int:
        """Number of values for one example; a label or a cost counts as one."""
        count = 1
        for extent in self.shape:
            count *= extent
        return count

    def __str__(self) -> str:
        if self.content != "values":
            return self.content
        return "×".join(str(extent) for extent in self.shape)


class Likelihood(IntEnum):
    """Whether values can be taken for probabilities; each of these is more than the one before."""

    NONE = 0
    EACH = 1
    """Each value is from 0 to 1: the answer to a question of its own."""
    TOGETHER = 2
    """They sum to 1 too: the answers to one question."""


@dataclass(frozen=True)
class Port:
    """An input of a layer. ``title`` is an English source text.

    A port that takes ``many`` wires, at ``least`` some number of them, is the last of its layer; its wires
    are numbered on from its own number, and gaps between them do not matter. Where there is no ``gradient``,
    the layer hands none back: no layer that learns may come before. ``likelihood`` is what values have to be.
    """

    name: str
    title: str
    content: Content = "values"
    many: bool = False
    least: int = 1
    gradient: bool = True
    likelihood: Likelihood = Likelihood.NONE


SEVERAL = Port("input", "Input", many=True)
"""A port for inputs that are summed up."""


@dataclass(frozen=True)
class Initial:
    """How a weight starts: at random with a standard ``deviation`` around ``mean``, or ``constant``."""

    distribution: Literal["normal", "uniform", "constant"]
    mean: float = 0.0
    deviation: float = 0.0


@dataclass(frozen=True)
class Learning:
    """How a weight learns. ``rate`` multiplies the network's rate; None takes the network's own value."""

    rate: float = 1.0
    momentum: float | None = None
    decay: float | None = 0.0

    @property
    def learns(self) -> bool:
        """Whether the weight changes at all."""
        return self.rate > 0.0


@dataclass(frozen=True)
class NormLimits:
    """The norm that each unit's weights have at ``least`` and at ``most`` after an update; 0 is no limit.

    The norm is the root of the sum of squares, or, ``centred``, that around their mean, divided by their
    number.
    """

    least: float = 0.0
    most: float = 0.0
    centred: bool = False

    @property
    def limits(self) -> bool:
        """Whether there is a limit at all."""
        return self.least > 0.0 or self.most > 0.0


@dataclass(frozen=True)
class WeightSpec:
    """One array of weights of a layer: ``shape`` over the named ``axes``, in canonical order.

    A ``role`` other than weight is not counted among the weights: biases, and running averages, which
    training keeps but does not learn. Where ``source`` names an array of another layer, such as
    "conv1.weights", that is used in place of one of its own.
    """

    name: str
    shape: tuple[int, ...]
    axes: tuple[str, ...]
    initial: Initial
    learning: Learning
    role: Literal["weight", "bias", "average"] = "weight"
    source: str = ""
    norm: NormLimits = NormLimits()

    @property
    def size(self) -> int:
        """Number of weights."""
        return TensorType(self.shape).size


@dataclass(frozen=True)
class Cost:
    """What a layer costs. ``multiply_adds`` and ``activations`` are for the forward pass of one example.

    Activations are the values of its output; a cost layer, which ends the network, has none.
    """

    weights: int = 0
    biases: int = 0
    multiply_adds: int = 0
    activations: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.weights + other.weights,
            self.biases + other.biases,
            self.multiply_adds + other.multiply_adds,
            self.activations + other.activations,
        )


class ShapeRuleError(Exception):
    """Raised by a shape rule: input number ``port`` was ``expected`` to be something else."""

    def __init__(self, port: int, expected: str, hint: str = "") -> None:
        super().__init__(expected)
        self.port = port
        self.expected = expected
        self.hint = hint


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A layer's settings. A subclass names its kind and family, and gives the rules.

    ``title``, ``summary`` and the titles of ports and fields are English source texts, which the studio
    translates. ``formula`` is plain text in the field's notation and ``source`` says where it comes from.
    A ``muted`` layer hands its first input on: ``engine.graph.mute``.
    """

    kind: ClassVar[str]
    family: ClassVar[Family]
    title: ClassVar[str]
    summary: ClassVar[str]
    formula: ClassVar[str]
    source: ClassVar[str]
    synonyms: ClassVar[tuple[str, ...]] = ()
    inputs: ClassVar[tuple[Port, ...]] = (Port("input", "Input"),)
    is_cost: ClassVar[bool] = False

    muted: bool = False

    @classmethod
    def specs(cls) -> dict[str, FieldSpec]:
        """Return the specs of this kind's fields by name, in order."""
        return field_specs(cls)

    @classmethod
    def port(cls, number: int) -> Port | None:
        """Return the port that wire number ``number`` enters, or None where there is none."""
        if number < len(cls.inputs):
            return cls.inputs[number]
        return cls.inputs[-1] if cls.inputs and cls.inputs[-1].many else None

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        """Return the type of the output; raise ShapeRuleError where ``inputs`` do not fit."""
        return inputs[0]

    def weights(self, inputs: Sequence[TensorType]) -> tuple[WeightSpec, ...]:
        """Return the layer's weights for inputs that fit."""
        return ()

    def cost(self, inputs: Sequence[TensorType]) -> Cost:
        """Return what the layer costs for inputs that fit."""
        weights = [weight for weight in self.weights(inputs) if not weight.source]
        return Cost(
            weights=sum(weight.size for weight in weights if weight.role == "weight"),
            biases=sum(weight.size for weight in weights if weight.role == "bias"),
            multiply_adds=self.multiply_adds(inputs),
            activations=0 if self.is_cost else self.output(inputs).size,
        )

    def likelihood(self, inputs: Sequence[Likelihood]) -> Likelihood:
        """Return whether the output can be taken for probabilities, given that for each input.

        As a rule a layer's neuron decides.
        """
        return Likelihood.EACH if getattr(self, "neuron", None) == "logistic" else Likelihood.NONE

    def multiply_adds(self, inputs: Sequence[TensorType]) -> int:
        """Return the number of multiply-adds of the forward pass of one example."""
        return 0

    def caption(self) -> str:
        """Return the one line of settings that matter, for the layer's card."""
        return ""


def expect_picture(inputs: Sequence[TensorType], port: int = 0) -> tuple[int, int, int]:
    """Return (height, width, channels) of an input; raise ShapeRuleError where it is not a picture."""
    shape = inputs[port].shape
    if len(shape) != 3:
        raise ShapeRuleError(
            port, "a picture (height × width × channels)", "Put this layer before the fc layers."
        )
    height, width, channels = shape
    return height, width, channels


def expect_one_shape(inputs: Sequence[TensorType]) -> TensorType:
    """Return the type of all inputs; raise ShapeRuleError at the first that differs from those before it."""
    for port, kind in enumerate(inputs):
        if kind.shape != inputs[0].shape:
            raise ShapeRuleError(
                port,
                Words("{size}, like the first input", size=inputs[0]),
                "All inputs need one shape.",
            )
    return inputs[0]


def format_pair(value: tuple[int, int]) -> str:
    """Return "5" for (5, 5) and "3×5" for (3, 5)."""
    height, width = value
    return str(height) if height == width else f"{height}×{width}"
