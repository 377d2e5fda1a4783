"""What rnorm, cmrnorm and cnorm have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import Layer, TensorType, expect_picture
from engine.layers.fields import real, whole


@dataclass(frozen=True, kw_only=True)
class ResponseNorm(Layer):
    """Divides each value by a power of the energy around it. cuda-convnet's ``minDiv`` is ``minimum``."""

    size: int = whole(5, title="Size", help="Extent of the window whose energy counts.")
    scale: float = real(
        0.0001, minimum=0.0, title="Scale", help="Weight of the energy, shared out over the window."
    )
    power: float = real(0.75, minimum=0.0, title="Power", help="Power of the divisor.")
    minimum: float = real(
        1.0,
        minimum=0.0,
        open_minimum=True,
        title="Minimum",
        help="The divisor where there is no energy. cuda-convnet: 1; cuda-convnet2: minDiv.",
    )

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        expect_picture(inputs)
        return inputs[0]

    def caption(self) -> str:
        return f"size {self.size} · scale {self.scale:g} · power {self.power:g}"
