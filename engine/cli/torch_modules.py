"""A network in PyTorch as modules, layer by layer, written in the ways that are asked for."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from engine.cli.torch_ways import Layers, Ways, is_shallow
from engine.layers.cmrnorm import CmRNorm
from engine.layers.conv import Conv
from engine.layers.cross_entropy import CrossEntropy
from engine.layers.data import Data
from engine.layers.dropout import Dropout
from engine.layers.fc import Fc
from engine.layers.labels import Labels
from engine.layers.local import Local
from engine.layers.pool import Pool
from engine.layers.softmax import Softmax
from engine.plan.analysis.infer import InferredLayer


def modules_of(layers: Layers, ways: Ways) -> dict[str, torch.nn.Module]:
    """Return the modules of a chain of layers, by the layers' names.

    Raises NotImplementedError for a layer that has none.
    """
    modules = {layer.name: _module(layer, ways) for layer in layers.values()}
    return {name: module for name, module in modules.items() if module is not None}


def _module(layer: InferredLayer, ways: Ways) -> torch.nn.Module | None:
    """Return the layer's module, with its ReLU; None for inputs and costs.

    Raises NotImplementedError for a layer that the peer does not have.
    """
    match layer.layer:
        case Data() | Labels() | Softmax() | CrossEntropy():
            return None
        case Conv() | Local() | Fc():
            module = _weighted(layer, ways)
            return torch.nn.Sequential(module, torch.nn.ReLU()) if layer.layer.neuron == "relu" else module
        case Pool():
            kind = torch.nn.MaxPool2d if layer.layer.pool == "max" else torch.nn.AvgPool2d
            return kind(layer.layer.size, layer.layer.stride, ceil_mode=True)
        case CmRNorm():
            return _ResponseNorm(layer.layer) if ways.norm == "slices" else _built_in(layer.layer)
        case Dropout():
            return torch.nn.Dropout(1 - layer.layer.keep)
    raise NotImplementedError(f"{layer.name}: the peer has no such layer")


def _weighted(layer: InferredLayer, ways: Ways) -> torch.nn.Module:
    match layer.layer:
        case Conv():
            deep = ways.first == "space to depth" and is_shallow(layer)
            return _SpaceToDepth(layer, layer.layer) if deep else _conv(layer, layer.layer)
        case Local():
            kind = _SlicedLocal if ways.local == "slices" else _UnfoldedLocal
            return kind(layer, layer.layer)
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(layer.inputs[0].size, layer.output.size))


def _conv(layer: InferredLayer, conv: Conv) -> torch.nn.Module:
    """Return a convolution with as many places; PyTorch pads both sides alike, which is as much work."""
    padding = [
        -(-((places - 1) * stride + size - extent) // 2)
        for places, stride, size, extent in zip(
            layer.output.shape, conv.stride, conv.size, layer.inputs[0].shape, strict=False
        )
    ]
    return torch.nn.Conv2d(
        layer.inputs[0].shape[2],
        conv.filters,
        conv.size,
        conv.stride,
        (max(0, padding[0]), max(0, padding[1])),
    )


class _Local(torch.nn.Module):
    """A local layer with stride 1 whose maps are as large as its pictures."""

    def __init__(self, layer: InferredLayer, local: Local) -> None:
        super().__init__()
        self._rows, self._columns, self._filters = layer.output.shape
        places, taps = self._rows * self._columns, local.size[0] * local.size[1] * layer.inputs[0].shape[2]
        self._size, self._padding = local.size, local.padding
        self.weights = torch.nn.Parameter(torch.randn(places, taps, self._filters) * taps**-0.5)
        self.biases = torch.nn.Parameter(torch.zeros(places, self._filters))

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps."""
        maps = torch.baddbmm(self.biases[:, None, :].to(x.dtype), self._windows(x), self.weights.to(x.dtype))
        return maps.reshape(self._rows, self._columns, len(x), self._filters).permute(2, 3, 0, 1)

    def _windows(self, x: Tensor) -> Tensor:
        """Return (places, examples, taps)."""
        raise NotImplementedError


class _SlicedLocal(_Local):
    """Gathers windows as slices in (rows, columns, examples, channels)."""

    def _windows(self, x: Tensor) -> Tensor:
        rows, columns = self._rows, self._columns
        top, left = self._padding
        padded = functional.pad(x.permute(2, 3, 0, 1), (0, 0, 0, 0, left, left, top, top))
        taps = [
            padded[i : i + rows, j : j + columns] for i in range(self._size[0]) for j in range(self._size[1])
        ]
        return torch.cat(taps, 3).reshape(rows * columns, len(x), -1)


class _UnfoldedLocal(_Local):
    """Gathers windows by PyTorch's unfold."""

    def _windows(self, x: Tensor) -> Tensor:
        return functional.unfold(x, self._size, padding=self._padding).permute(2, 0, 1)


class _SpaceToDepth(torch.nn.Module):
    """A convolution with stride s as one with stride 1 on s × s times the channels; it has as many places."""

    def __init__(self, layer: InferredLayer, conv: Conv) -> None:
        super().__init__()
        self._stride = conv.stride[0]
        size = -(-conv.size[0] // self._stride)
        self._ends: list[int] = []
        for axis in (1, 0):
            extent = (layer.output.shape[axis] + size - 1) * self._stride
            missing = max(0, extent - layer.inputs[0].shape[axis])
            self._ends += [missing // 2, missing - missing // 2]
        channels = layer.inputs[0].shape[2] * self._stride**2
        self._conv = torch.nn.Conv2d(channels, conv.filters, size)

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps."""
        deep = functional.pixel_unshuffle(functional.pad(x, self._ends), self._stride)
        return self._conv(deep.contiguous(memory_format=torch.channels_last))


def _built_in(norm: CmRNorm) -> torch.nn.Module:
    return torch.nn.LocalResponseNorm(norm.size, norm.scale, norm.power, norm.minimum)


class _ResponseNorm(torch.nn.Module):
    """Response normalisation across maps, as a sum of slices."""

    def __init__(self, norm: CmRNorm) -> None:
        super().__init__()
        self._norm = norm

    def forward(self, x: Tensor) -> Tensor:
        """Return the responses."""
        norm, channels = self._norm, x.shape[1]
        before = norm.size // 2
        squares = functional.pad(x * x, (0, 0, 0, 0, before, norm.size - 1 - before))
        total = squares[:, :channels]
        for start in range(1, norm.size):
            total = total + squares[:, start : start + channels]
        return x * (norm.minimum + norm.scale / norm.size * total).pow(-norm.power)
