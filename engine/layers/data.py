"""The pictures that a network sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import Layer, TensorType
from engine.layers.fields import pair, whole


@dataclass(frozen=True, kw_only=True)
class Data(Layer):
    """Pictures of (height, width) and some channels."""

    kind = "data"
    family = "data"
    title = "Data"
    summary = "The pictures of the data set, one batch at a time."
    formula = "y = (picture − mean) · scale"
    source = "cuda-convnet, layer type data"
    synonyms = ("input", "image", "picture")
    inputs = ()

    size: tuple[int, int] = pair(
        (32, 32), title="Size", help="Height and width of the pictures.", unit="px", maximum=65_536
    )
    channels: int = whole(3, title="Channels", help="1 for grey pictures, 3 for colour.", maximum=4096)

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        return TensorType((*self.size, self.channels))

    def caption(self) -> str:
        return f"{self.size[0]}×{self.size[1]} px · {self.channels} ch"
