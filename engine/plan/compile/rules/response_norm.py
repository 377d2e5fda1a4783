"""Response and contrast normalisation: one rule for the three kinds."""

from __future__ import annotations

from engine.layers.cmrnorm import CmRNorm
from engine.layers.cnorm import CNorm
from engine.layers.response_norm import ResponseNorm
from engine.layers.rnorm import RNorm
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.rules.pieces import add_output, gradient_from
from engine.plan.compile.rules.rule import Rule
from engine.plan.types import Value


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    norm = layer.layer
    assert isinstance(norm, ResponseNorm)
    outputs = {"y": add_output(draft, layer)}
    kept = ("contrasts", "denominators") if isinstance(norm, CNorm) else ("denominators",)
    for port in kept:
        outputs[port] = draft.add_batch(f"{layer.name}.{port}", "activation", layer.output)
    extra: dict[str, Value] = {"blocked": norm.blocked} if isinstance(norm, CmRNorm) else {}
    draft.emit(
        f"{norm.kind}.forward",
        layer.name,
        {"x": inputs[0]},
        outputs,
        size=norm.size,
        scale=norm.scale,
        power=norm.power,
        minimum=norm.minimum,
        **extra,
    )
    return outputs["y"]


RULES = (
    Rule(RNorm, _lower, {"rnorm.forward": gradient_from("x", "denominators")}),
    Rule(CmRNorm, _lower, {"cmrnorm.forward": gradient_from("x", "denominators")}),
    Rule(CNorm, _lower, {"cnorm.forward": gradient_from("x", "contrasts", "denominators")}),
)
