"""A network in PyTorch on a GPU, in the ways that may be quickest: the peer of ``convnet bench gpu``.

bfloat16 by autocast, cuDNN's benchmark mode, fused SGD, random examples that lie on the GPU. A step is run
as it is, or as one CUDA graph, with the forward pass and its gradient compiled or not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from engine.cli.torch_modules import modules_of
from engine.cli.torch_ways import Layers, Variant
from engine.layers.data import Data

_WARM_UP = 11


class GpuPeer:
    """A network that is a chain of layers, ready to be trained by ``run``, a step a call.

    Raises torch.cuda.OutOfMemoryError, and whatever PyTorch's compiler says.
    """

    def __init__(self, layers: Layers, batch_size: int, variant: Variant) -> None:
        torch.manual_seed(0)
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        layout = torch.channels_last if variant.channels_last else torch.contiguous_format
        self._network = torch.nn.Sequential(*modules_of(layers, variant.ways).values())
        self._network.to("cuda", memory_format=layout)
        height, width, channels = next(
            layer.output.shape for layer in layers.values() if isinstance(layer.layer, Data)
        )
        pictures = torch.randn(batch_size, channels, height, width, device="cuda", dtype=torch.bfloat16)
        self._pictures = pictures.to(memory_format=layout)
        classes = list(layers.values())[-1].inputs[0].size
        self._labels = torch.randint(0, classes, (batch_size,), device="cuda")
        self._optimiser = torch.optim.SGD(
            self._network.parameters(), lr=1e-3, momentum=0.9, weight_decay=4e-3, fused=True
        )
        self._loss: Callable[[], Tensor] = self._forward
        if variant.is_compiled:
            torch._dynamo.reset()
            mode = "max-autotune-no-cudagraphs" if variant.mode.startswith("max") else "default"
            self._loss = torch.compile(self._forward, mode=mode, dynamic=False)
        self.run: Callable[[], Any] = self.step if variant.mode == "eager" else self._captured()

    def step(self) -> None:
        """Launch one step."""
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(self._loss())
        self._optimiser.step()

    def weights(self) -> int:
        """Return how many weights there are."""
        return sum(parameter.numel() for parameter in self._network.parameters())

    def _forward(self) -> Tensor:
        with torch.autocast("cuda", torch.bfloat16):
            return functional.cross_entropy(self._network(self._pictures), self._labels)

    def _captured(self) -> Callable[[], Any]:
        """Return the replay of a step as a CUDA graph."""
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(_WARM_UP):
                self.step()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        self._optimiser.zero_grad(set_to_none=True)
        with torch.cuda.graph(graph):
            self.step()
        return graph.replay


def milliseconds(call: Callable[[], None], times: int) -> float:
    """Return ms a call, of ``times`` in a row, by the GPU's own clock."""
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record()
    for _ in range(times):
        call()
    end.record()
    end.synchronize()
    return float(start.elapsed_time(end)) / times
