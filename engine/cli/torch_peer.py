"""A network in PyTorch as quick as it gets there: what ``convnet bench cpu --peer torch`` measures against.

float32, channels last, fused SGD; local layers as slices in (rows, columns, examples, channels) and one
batched product; response normalisation as slices. Found by trying; what was slower is not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

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


class TorchPeer:
    """A network that is a chain of layers, with a batch of random examples."""

    def __init__(self, layers: Mapping[str, InferredLayer], batch_size: int, threads: int) -> None:
        torch.set_num_threads(threads)
        torch.manual_seed(0)
        height, width, channels = next(
            layer.output.shape for layer in layers.values() if isinstance(layer.layer, Data)
        )
        examples = torch.randn(batch_size, channels, height, width)
        self._pictures = examples.to(memory_format=torch.channels_last)
        modules: list[torch.nn.Module] = []
        for layer in layers.values():
            module = _module(layer)
            if module is not None:
                modules.append(module)
        self._network = torch.nn.Sequential(*modules)
        self._network.to(memory_format=torch.channels_last)
        self._labels = torch.randint(0, int(self._network(self._pictures[:1]).shape[1]), (batch_size,))
        self._optimiser = torch.optim.SGD(
            self._network.parameters(), lr=1e-3, momentum=0.9, weight_decay=4e-3, fused=True
        )
        self.names = [layer.name for layer in layers.values() if _module(layer) is not None]

    def weights(self) -> int:
        """Return how many weights there are."""
        return sum(parameter.numel() for parameter in self._network.parameters())

    def step(self) -> None:
        """Train one step."""
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(functional.cross_entropy(self._network(self._pictures), self._labels))
        self._optimiser.step()

    def layers(self) -> list[tuple[str, Any, Any]]:
        """Return each layer's name, and calls of its forward pass and of its backward pass."""
        x = self._pictures
        calls: list[tuple[str, Any, Any]] = []
        for name, module in zip(self.names, self._network, strict=True):
            leaf = x.detach().requires_grad_(bool(calls))
            y = module(leaf)
            learning = [*([leaf] if leaf.requires_grad else []), *module.parameters()]
            calls.append((name, _forward(module, leaf), _backward(y, learning)))
            x = y
        return calls


def _forward(module: torch.nn.Module, x: Tensor) -> Any:
    return lambda: module(x)


def _backward(y: Tensor, learning: list[Tensor]) -> Any:
    gradient = torch.ones_like(y)
    return lambda: torch.autograd.grad(y, learning, gradient, retain_graph=True)


def _module(layer: InferredLayer) -> torch.nn.Module | None:
    """Return the layer's module, with its ReLU; None for inputs and costs.

    Raises NotImplementedError for a layer that the peer does not have.
    """
    match layer.layer:
        case Data() | Labels() | Softmax() | CrossEntropy():
            return None
        case Conv() | Local() | Fc():
            module = _weighted(layer)
            return torch.nn.Sequential(module, torch.nn.ReLU()) if layer.layer.neuron == "relu" else module
        case Pool():
            kind = torch.nn.MaxPool2d if layer.layer.pool == "max" else torch.nn.AvgPool2d
            return kind(layer.layer.size, layer.layer.stride, ceil_mode=True)
        case CmRNorm():
            return _ResponseNorm(layer.layer)
        case Dropout():
            return torch.nn.Dropout(1 - layer.layer.keep)
    raise NotImplementedError(f"{layer.name}: the peer has no such layer")


def _weighted(layer: InferredLayer) -> torch.nn.Module:
    match layer.layer:
        case Conv():
            return _conv(layer, layer.layer)
        case Local():
            return _Local(layer, layer.layer)
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
        rows, columns = self._rows, self._columns
        top, left = self._padding
        padded = functional.pad(x.permute(2, 3, 0, 1), (0, 0, 0, 0, left, left, top, top))
        taps = [
            padded[i : i + rows, j : j + columns] for i in range(self._size[0]) for j in range(self._size[1])
        ]
        windows = torch.cat(taps, 3).reshape(rows * columns, len(x), -1)
        maps = torch.baddbmm(self.biases[:, None, :], windows, self.weights)
        return maps.reshape(rows, columns, len(x), self._filters).permute(2, 3, 0, 1)


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
