"""The rules of all layers: one file a layer, put together here."""

from __future__ import annotations

from engine.layers.base import Layer
from engine.plan.compile.rules import (
    batch_norm,
    concat,
    conv,
    cross_entropy,
    data,
    dropout,
    eltmax,
    eltsum,
    fc,
    global_avg,
    labels,
    local,
    neuron,
    one_hot,
    pass_on,
    pictures,
    pool,
    random_scale,
    response_norm,
    sfc,
    softmax,
    sum2,
    target_costs,
)
from engine.plan.compile.rules.rule import Gradient, Lowering, Rule

_RULES: tuple[Rule, ...] = (
    *data.RULES,
    *labels.RULES,
    *one_hot.RULES,
    *conv.RULES,
    *local.RULES,
    *pool.RULES,
    *global_avg.RULES,
    *pictures.RULES,
    *random_scale.RULES,
    *response_norm.RULES,
    *batch_norm.RULES,
    *fc.RULES,
    *sfc.RULES,
    *neuron.RULES,
    *softmax.RULES,
    *dropout.RULES,
    *eltsum.RULES,
    *eltmax.RULES,
    *concat.RULES,
    *pass_on.RULES,
    *cross_entropy.RULES,
    *target_costs.RULES,
    *sum2.RULES,
)

LOWERING: dict[type[Layer], Lowering] = {rule.layer: rule.lower for rule in _RULES}
"""How layers are lowered, by their class."""

GRADIENTS: dict[str, Gradient] = {
    kind: gradient for rule in _RULES for kind, gradient in rule.gradients.items()
}
"""How operations are differentiated, by their kind."""
