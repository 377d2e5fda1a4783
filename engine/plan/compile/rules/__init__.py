"""The rules of all layers: one file a layer, put together here."""

from __future__ import annotations

from engine.layers.base import Layer
from engine.plan.compile.rules import (
    conv,
    cross_entropy,
    data,
    dropout,
    fc,
    labels,
    neuron,
    pool,
    softmax,
)
from engine.plan.compile.rules.rule import Gradient, Lowering, Rule

_RULES: tuple[Rule, ...] = (
    data.RULE,
    labels.RULE,
    conv.RULE,
    pool.RULE,
    fc.RULE,
    neuron.RULE,
    dropout.RULE,
    softmax.RULE,
    cross_entropy.RULE,
)

LOWERING: dict[type[Layer], Lowering] = {rule.layer: rule.lower for rule in _RULES}
"""How layers are lowered, by their class."""

GRADIENTS: dict[str, Gradient] = {
    kind: gradient for rule in _RULES for kind, gradient in rule.gradients.items()
}
"""How operations are differentiated, by their kind."""
