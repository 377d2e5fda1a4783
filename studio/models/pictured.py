"""Which weights can be looked at as pictures, and how they become such."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

from engine.graph.layer_graph import LayerGraph
from engine.graph.mute import as_run
from engine.graph.validate import inspect_network
from engine.layers.base import Layer, TensorType
from engine.layers.conv import Conv
from engine.layers.fc import Fc
from engine.layers.local import Local

MOST_TILES = 1024
"""Filters of one or three channels that are shown at once."""

MOST_FILTERS, MOST_CHANNELS = 256, 64
"""Rows and columns of a table of filters by channels that are shown at once."""

Array = NDArray[Any]


@dataclass(frozen=True)
class Page:
    """What is shown of the filters: so many of ``filters`` from the first one on, and of ``channels``.

    ``columns`` is the number of tiles in a row where that has a meaning: places of a local layer.
    """

    pictures: Array  # (tiles, height, width, channels)
    first_filter: int
    first_channel: int
    shown_filters: int
    shown_channels: int
    filters: int
    channels: int
    columns: int | None = None

    @property
    def is_table(self) -> bool:
        """Whether a row is a filter and a column a channel, rather than a tile a filter or a place."""
        return self.columns is None and self.pictures.shape[3] not in (1, 3)

    def tile(self, number: int) -> Array:
        """Return the weights (height, width, channels) of a tile, of a table those of one channel."""
        row, column = divmod(number, self.shown_channels) if self.is_table else (number, 0)
        weights: Array = self.pictures[row]
        return weights[:, :, column : column + 1] if self.is_table else weights


@dataclass(frozen=True)
class Pictured:
    """The weights of a layer that see pictures.

    ``shape`` is that of the array: conv (filters, height, width, channels), local (place, height · width ·
    channels, filters), fc (outputs, height · width · channels). ``window`` is (height, width, channels),
    ``places`` (down, across) of a local layer.
    """

    kind: Literal["conv", "local", "fc"]
    shape: tuple[int, ...]
    window: tuple[int, int, int]
    places: tuple[int, int] | None = None

    @property
    def filters(self) -> int:
        """How many filters there are."""
        return self.shape[-1] if self.kind == "local" else self.shape[0]

    def page(self, weights: Array, first_filter: int, first_channel: int) -> Page:
        """Return what is shown from a filter and a channel on."""
        height, width, channels = self.window
        is_coloured = channels in (1, 3)
        columns = channels if is_coloured else MOST_CHANNELS
        filters = self.filters
        some_channels = slice(first_channel, first_channel + columns)
        if self.places is not None:
            one = weights[:, :, first_filter].reshape(-1, height, width, channels)
            channel = slice(0, channels) if is_coloured else slice(first_channel, first_channel + 1)
            pictures, shown, across = one[..., channel], 1, self.places[1]
            return Page(
                pictures, first_filter, first_channel, shown, pictures.shape[3], filters, channels, across
            )
        rows = MOST_TILES if is_coloured else MOST_FILTERS
        pictures = weights.reshape(filters, height, width, channels)
        pictures = pictures[first_filter : first_filter + rows, :, :, some_channels]
        return Page(
            pictures, first_filter, first_channel, len(pictures), pictures.shape[3], filters, channels
        )


def pictured_layers(graph: LayerGraph) -> dict[str, Pictured]:
    """Return the layers whose weights can be looked at as pictures, in order."""
    graph = as_run(graph)
    inspection = inspect_network(graph)
    found = {}
    for name, layer in graph.layers().items():
        inputs = inspection.inputs(graph, name)
        pictured = None if inputs is None else _pictured(layer, inputs)
        if pictured is not None:
            found[name] = pictured
    return found


def _pictured(layer: Layer, inputs: tuple[TensorType, ...]) -> Pictured | None:
    if not isinstance(layer, Conv | Local | Fc):
        return None
    shape = next(spec.shape for spec in layer.weights(inputs) if spec.name == "weights")
    seen = inputs[0].shape
    if isinstance(layer, Conv):
        return Pictured("conv", shape, (shape[1], shape[2], shape[3]))
    if isinstance(layer, Local):
        down, across, _ = layer.output(inputs).shape
        return Pictured("local", shape, (*layer.size, seen[2] // layer.groups), (down, across))
    if len(seen) == 3 and seen[0] * seen[1] > 1:
        return Pictured("fc", shape, (seen[0], seen[1], seen[2]))
    return None
