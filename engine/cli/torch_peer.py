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

from engine.cli.torch_modules import modules_of
from engine.cli.torch_ways import QUICKEST_ON_CPUS
from engine.layers.data import Data
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
        modules = modules_of(layers, QUICKEST_ON_CPUS)
        self._network = torch.nn.Sequential(*modules.values())
        self._network.to(memory_format=torch.channels_last)
        self._labels = torch.randint(0, int(self._network(self._pictures[:1]).shape[1]), (batch_size,))
        self._optimiser = torch.optim.SGD(
            self._network.parameters(), lr=1e-3, momentum=0.9, weight_decay=4e-3, fused=True
        )
        self.names = list(modules)

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
