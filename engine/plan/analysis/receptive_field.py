"""What a unit of a layer sees: the region of every layer before it, back to the picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.graph.layer_graph import LayerGraph
from engine.graph.mute import as_run
from engine.graph.validate import Inspection
from engine.layers.base import Layer
from engine.layers.blur import Blur
from engine.layers.cnorm import CNorm
from engine.layers.conv import Conv
from engine.layers.crop import Crop
from engine.layers.local import Local
from engine.layers.mirror import Mirror
from engine.layers.nailbed import Nailbed
from engine.layers.pool import Pool
from engine.layers.rnorm import RNorm

Extents = tuple[int, int]


@dataclass(frozen=True)
class Region:
    """Rows and columns of a picture or map, each from a first one to before a last one."""

    rows: Extents
    columns: Extents

    @property
    def size(self) -> Extents:
        """Height and width."""
        return self.rows[1] - self.rows[0], self.columns[1] - self.columns[0]

    def __or__(self, other: Region) -> Region:
        """Return the smallest region that holds both."""
        rows = min(self.rows[0], other.rows[0]), max(self.rows[1], other.rows[1])
        columns = min(self.columns[0], other.columns[0]), max(self.columns[1], other.columns[1])
        return Region(rows, columns)


def receptive_field(
    graph: LayerGraph, inspection: Inspection, layer: str, place: Extents
) -> dict[str, Region]:
    """Return the regions on which a unit at a place (row, column) depends, of its layer and all before it.

    Only layers that give pictures have one. What overhangs the border is left out; a layer whose places are
    not known to come from anywhere near is taken to see everything.
    """
    graph = as_run(graph)
    row, column = place
    found = {layer: Region((row, row + 1), (column, column + 1))}
    for name in reversed(graph.order()):
        if name not in found:
            continue
        for wire in graph.inputs(name):
            kind = inspection.outputs.get(wire.source)
            if kind is None or len(kind.shape) != 3:
                continue
            extents = kind.shape[:2]
            shape = inspection.outputs[name].shape
            region = _clipped(_before(graph[name], found[name], extents, shape), extents)
            found[wire.source] = found[wire.source] | region if wire.source in found else region
    return found


def shares_weights(layer: Layer) -> bool:
    """Whether all places of a layer's maps have the same weights."""
    return isinstance(layer, Conv)


def _before(layer: Layer, region: Region, extents: Extents, shape: tuple[int, ...]) -> Region:
    """Return the region of an input of some extents from which a region of the output comes."""
    if isinstance(layer, Mirror):
        first, last = region.columns
        return Region(region.rows, (extents[1] - last, extents[1] - first))
    windows = [_window(layer, axis) for axis in range(2)]
    if windows[0] == _SAME and shape[:2] != extents:
        return Region((0, extents[0]), (0, extents[1]))
    spans = zip((region.rows, region.columns), windows, strict=True)
    return _region(
        (first * window.stride + window.start, (last - 1) * window.stride + window.start + window.size)
        for (first, last), window in spans
    )


@dataclass(frozen=True)
class _Window:
    """What a layer looks at along an axis: of output 0 from ``start`` on, then ``stride`` further."""

    stride: int
    start: int
    size: int


_SAME = _Window(1, 0, 1)


def _window(layer: Layer, axis: int) -> _Window:
    match layer:
        case Conv() | Local():
            dilation = layer.dilation[axis] if isinstance(layer, Conv) else 1
            size = (layer.size[axis] - 1) * dilation + 1
            return _Window(layer.stride[axis], -layer.padding[axis], size)
        case Pool():
            return _Window(layer.stride[axis], layer.start[axis], layer.size[axis])
        case Nailbed():
            return _Window(layer.stride[axis], 0, 1)
        case Crop():
            return _Window(1, layer.start[axis], 1)
        case RNorm() | CNorm() | Blur():
            size = int(layer.size)
            return _Window(1, -(size // 2), size)
    return _SAME


def _region(spans: Iterable[Extents]) -> Region:
    rows, columns = spans
    return Region(rows, columns)


def _clipped(region: Region, extents: Extents) -> Region:
    spans = zip((region.rows, region.columns), extents, strict=True)
    return _region((min(max(0, first), end), min(max(0, last), end)) for (first, last), end in spans)
