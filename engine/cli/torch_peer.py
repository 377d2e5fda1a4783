"""A network in PyTorch as quick as it gets there: what ``convnet bench cpu --peer torch`` measures against.

float32, channels last, fused SGD; local layers as slices in (rows, columns, examples, channels) and one
batched product; response normalisation as slices. Found by trying; what was slower is not here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from engine.cli.torch_modules import modules_of
from engine.cli.torch_ways import QUICKEST_ON_CPUS
from engine.layers.data import Data
from engine.plan.analysis.infer import InferredLayer

Call = Callable[[], object]


@dataclass(frozen=True)
class LayerCalls:
    """What a layer does in a step. The backward pass cannot be called once the update was."""

    name: str
    forward: Call
    backward: Call
    update: Call | None


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
        self._optimiser = _optimiser(self._network)
        self.names = list(modules)

    def weights(self) -> int:
        """Return how many weights there are."""
        return sum(parameter.numel() for parameter in self._network.parameters())

    def step(self) -> None:
        """Train one step."""
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(functional.cross_entropy(self._network(self._pictures), self._labels))
        self._optimiser.step()

    def layers(self) -> Iterator[LayerCalls]:
        """Yield each layer's calls; none of a layer's may be made once the next one is asked for."""
        x = self._pictures
        for number, (name, module) in enumerate(zip(self.names, self._network, strict=True)):
            leaf = x.detach().requires_grad_(number > 0)
            y = module(leaf)
            weights = list(module.parameters())
            backward = _backward(y, [*([leaf] if leaf.requires_grad else []), *weights])
            yield LayerCalls(name, _forward(module, leaf), backward, _update(module) if weights else None)
            x = y


def _optimiser(module: torch.nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(module.parameters(), lr=1e-3, momentum=0.9, weight_decay=4e-3, fused=True)


def _update(module: torch.nn.Module) -> Call:
    for weights in module.parameters():
        weights.grad = torch.zeros_like(weights)
    return _optimiser(module).step


def _forward(module: torch.nn.Module, x: Tensor) -> Call:
    return lambda: module(x)


def _backward(y: Tensor, learning: list[Tensor]) -> Call:
    gradient = torch.ones_like(y)
    return lambda: torch.autograd.grad(y, learning, gradient, retain_graph=True)
