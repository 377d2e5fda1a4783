"""The ways to write a network in PyTorch and to run its steps, of which some may be the quickest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

from engine.layers.cmrnorm import CmRNorm
from engine.layers.conv import Conv
from engine.layers.local import Local
from engine.plan.analysis.infer import InferredLayer

Layers = Mapping[str, InferredLayer]


@dataclass(frozen=True)
class Ways:
    """How local layers gather their windows, and whether norms and the first convolution are rewritten.

    ``norm``: as a sum of slices, or PyTorch's own layer. ``first``: a convolution with a stride on few
    channels as it is, or as one with stride 1 on the pixels of stride × stride squares.
    """

    local: Literal["slices", "unfold"] = "slices"
    norm: Literal["slices", "built in"] = "slices"
    first: Literal["direct", "space to depth"] = "direct"


QUICKEST_ON_CPUS = Ways()


@dataclass(frozen=True)
class Variant:
    """How a step is run: as it is, as a CUDA graph, or compiled and then a graph; and how it is written."""

    mode: Literal["eager", "graph", "compile + graph", "max-autotune + graph"]
    ways: Ways
    channels_last: bool = True

    @property
    def is_compiled(self) -> bool:
        """Whether torch.compile is used."""
        return self.mode.partition(" ")[0] in ("compile", "max-autotune")

    def name(self, layers: Layers) -> str:
        """Return in words what tells the variant from others of the same network."""
        words = [self.mode, "channels last" if self.channels_last else "channels first"]
        choices = _choices(layers)
        if len(choices["local"]) > 1:
            words.append("local as nine slices" if self.ways.local == "slices" else "local as unfold")
        if len(choices["norm"]) > 1:
            words.append("norm as slices" if self.ways.norm == "slices" else "norm built in")
        if len(choices["first"]) > 1:
            words.append("conv1 direct" if self.ways.first == "direct" else "conv1 as space-to-depth")
        return ", ".join(words)


def variants(layers: Layers, *, full: bool) -> list[Variant]:
    """Return what to try, from what was often quickest to the slowest.

    All that is written differently is tried where it is compiled; layouts and other modes with the first of
    it. ``full`` tries everything, and max-autotune.
    """
    ways = [
        Ways(*values)  # type: ignore[arg-type]
        for values in product(*_choices(layers).values())
    ]
    if full:
        modes: tuple[Any, ...] = ("max-autotune + graph", "compile + graph", "graph", "eager")
        return [Variant(mode, way, last) for mode in modes for last in (True, False) for way in ways]
    some = [way for way in ways if way.norm == "slices" or way.first == "direct"]
    return [
        *(Variant("compile + graph", way) for way in some),
        Variant("compile + graph", ways[0], channels_last=False),
        *(Variant("graph", way) for way in some[:2]),
        Variant("eager", ways[0]),
    ]


def _choices(layers: Layers) -> dict[str, tuple[str, ...]]:
    """Return the ways of each thing that the network has, in the order of the fields of Ways."""
    kinds = {type(layer.layer) for layer in layers.values()}
    return {
        "local": ("slices", "unfold") if Local in kinds else ("slices",),
        "norm": ("slices", "built in") if CmRNorm in kinds else ("slices",),
        "first": ("direct", "space to depth") if any(map(is_shallow, layers.values())) else ("direct",),
    }


def is_shallow(layer: InferredLayer) -> bool:
    """Whether a convolution has a stride on few channels: tensor cores would mostly multiply zeros."""
    conv = layer.layer
    if not isinstance(conv, Conv):
        return False
    return layer.inputs[0].shape[2] < 8 and conv.stride[0] == conv.stride[1] > 1
