"""Layers that rearrange pictures or their colours: each is one operation with the layer's own settings."""

from __future__ import annotations

from engine.layers.base import Layer
from engine.layers.blur import Blur
from engine.layers.cmpool import CmPool
from engine.layers.crop import Crop
from engine.layers.mirror import Mirror
from engine.layers.nailbed import Nailbed
from engine.layers.resize import Resize
from engine.layers.rgb_to_lab import RgbToLab
from engine.layers.rgb_to_yuv import RgbToYuv
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.rules.pieces import add_output, gradient_from, no_gradient
from engine.plan.compile.rules.rule import Rule


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    y = add_output(draft, layer)
    told = {name: getattr(layer.layer, name) for name in _TOLD.get(type(layer.layer), ())}
    if isinstance(layer.layer, Blur):
        told["size"] = int(layer.layer.size)
    elif isinstance(layer.layer, Nailbed):
        told["start"] = layer.layer.start(layer.inputs)
    draft.emit(f"{layer.layer.kind}.forward", layer.name, {"x": inputs[0]}, {"y": y}, **told)
    return y


_TOLD: dict[type[Layer], tuple[str, ...]] = {
    Blur: ("deviation",),
    Nailbed: ("stride",),
    CmPool: ("size", "stride", "start"),
    Crop: ("start",),
    Resize: ("scale",),
    RgbToLab: ("centred",),
}
"""The settings that kernels are told as they are."""

RULES = (
    Rule(Blur, _lower, {"blur.forward": gradient_from()}),
    Rule(Nailbed, _lower, {"nailbed.forward": gradient_from()}),
    Rule(Mirror, _lower, {"mirror.forward": gradient_from()}),
    Rule(CmPool, _lower, {"cmpool.forward": gradient_from("x", "y")}),
    Rule(Crop, _lower, {"crop.forward": no_gradient}),
    Rule(Resize, _lower, {"resize.forward": no_gradient}),
    Rule(RgbToYuv, _lower, {"rgb_to_yuv.forward": no_gradient}),
    Rule(RgbToLab, _lower, {"rgb_to_lab.forward": no_gradient}),
)
