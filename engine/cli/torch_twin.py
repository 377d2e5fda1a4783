"""A network once more, in PyTorch's own functions: the oracle that trainings are compared with.

Only what takes part in the comparison is here. Nothing is shared with the engine but the network's layers
and its starting weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from engine.graph.settings import TrainingSettings
from engine.layers.base import Layer
from engine.layers.batch_norm import BatchNorm
from engine.layers.cmrnorm import CmRNorm
from engine.layers.conv import Conv
from engine.layers.cross_entropy import CrossEntropy
from engine.layers.data import Data
from engine.layers.dropout import Dropout
from engine.layers.eltsum import EltSum
from engine.layers.fc import Fc
from engine.layers.global_avg import GlobalAvg
from engine.layers.labels import Labels
from engine.layers.local import Local
from engine.layers.neuron import parse_neuron
from engine.layers.pool import Pool
from engine.layers.softmax import Softmax
from engine.plan.analysis.infer import InferredLayer, all_weights

Arrays = Mapping[str, NDArray[Any]]


class TorchTwin:
    """A network in float64, pictures as (N, channels, height, width), trained by torch.optim.SGD."""

    def __init__(
        self, layers: Mapping[str, InferredLayer], weights: Arrays, training: TrainingSettings
    ) -> None:
        self._layers = layers
        self._weights = {name: torch.nn.Parameter(torch.tensor(array)) for name, array in weights.items()}
        learning = {name: spec for name, spec in all_weights(layers).items() if spec.learning.learns}
        self._shares = [spec.learning.rate for spec in learning.values()]
        groups = [
            {
                "params": [self._weights[name]],
                "momentum": _own(spec.learning.momentum, training.momentum),
                "weight_decay": _own(spec.learning.decay, training.decay),
            }
            for name, spec in learning.items()
        ]
        self._optimiser = torch.optim.SGD(groups, lr=1.0)

    def step(
        self, pictures: NDArray[Any], labels: NDArray[Any], masks: Mapping[str, NDArray[Any]], rate: float
    ) -> float:
        """Train one step and return its loss. ``masks`` are the units that each dropout layer keeps."""
        for group, share in zip(self._optimiser.param_groups, self._shares, strict=True):
            group["lr"] = rate * share
        self._optimiser.zero_grad()
        loss = self._loss(torch.tensor(pictures), torch.tensor(labels).long(), masks)
        torch.autograd.backward(loss)
        self._optimiser.step()
        return float(loss.detach())

    def _loss(self, pictures: Tensor, labels: Tensor, masks: Mapping[str, NDArray[Any]]) -> Tensor:
        outputs: dict[str, Tensor] = {}
        losses = []
        for name, layer in self._layers.items():
            inputs = [outputs[source] for source in layer.sources]
            match layer.layer:
                case Data():
                    outputs[name] = pictures.permute(0, 3, 1, 2)
                case Labels():
                    outputs[name] = labels
                case Dropout():
                    outputs[name] = inputs[0] * torch.tensor(masks[name]) / layer.layer.keep
                case Softmax():
                    outputs[name] = functional.log_softmax(inputs[0], 1)
                case CrossEntropy():
                    losses.append(layer.layer.coefficient * functional.nll_loss(inputs[0], inputs[1]))
                case _:
                    outputs[name] = _FUNCTIONS[type(layer.layer)](self, layer, inputs)
        return torch.stack(losses).sum()

    def weight(self, layer: InferredLayer, name: str = "weights") -> Tensor:
        """Return an array of a layer's weights."""
        spec = next(spec for spec in layer.weights if spec.name == name)
        return self._weights[layer.buffer(spec)]


def _conv(twin: TorchTwin, layer: InferredLayer, inputs: list[Tensor]) -> Tensor:
    conv = layer.layer
    assert isinstance(conv, Conv)
    x = _padded(inputs[0], layer, conv)
    filters = twin.weight(layer).permute(0, 3, 1, 2)
    biases = twin.weight(layer, "biases")
    y = functional.conv2d(x, filters, biases, conv.stride, 0, conv.dilation, conv.groups)
    return _neuron(y, conv.neuron)


def _local(twin: TorchTwin, layer: InferredLayer, inputs: list[Tensor]) -> Tensor:
    local = layer.layer
    assert isinstance(local, Local)
    rows, columns, filters = layer.output.shape
    windows = functional.unfold(_padded(inputs[0], layer, local), local.size, stride=local.stride)
    taps = windows.reshape(len(windows), inputs[0].shape[1], -1, rows * columns).permute(0, 3, 2, 1)
    sums = torch.einsum("npk,pkf->npf", taps.flatten(2), twin.weight(layer))
    y = (sums + twin.weight(layer, "biases")).permute(0, 2, 1).reshape(-1, filters, rows, columns)
    return _neuron(y, local.neuron)


def _padded(x: Tensor, layer: InferredLayer, window: Conv | Local) -> Tensor:
    """Return pictures with all the zeros that windows see, those that overhang included."""
    dilation = window.dilation if isinstance(window, Conv) else (1, 1)
    ends = []
    for axis in (1, 0):
        extent = (layer.output.shape[axis] - 1) * window.stride[axis]
        extent += (window.size[axis] - 1) * dilation[axis] + 1
        ends += [window.padding[axis], extent - x.shape[2 + axis] - window.padding[axis]]
    return functional.pad(x, ends)


def _fc(twin: TorchTwin, layer: InferredLayer, inputs: list[Tensor]) -> Tensor:
    assert isinstance(layer.layer, Fc)
    x = inputs[0] if inputs[0].dim() == 2 else inputs[0].permute(0, 2, 3, 1).flatten(1)
    y = functional.linear(x, twin.weight(layer), twin.weight(layer, "biases"))
    return _neuron(y, layer.layer.neuron)


def _pool(twin: TorchTwin, layer: InferredLayer, inputs: list[Tensor]) -> Tensor:
    pool = layer.layer
    assert isinstance(pool, Pool)
    if pool.pool == "max":
        return _max_pool(inputs[0], layer, pool)
    divisor = 1 if pool.pool == "sum" else None
    return functional.avg_pool2d(
        inputs[0], pool.size, pool.stride, ceil_mode=True, count_include_pad=False, divisor_override=divisor
    )


def _max_pool(x: Tensor, layer: InferredLayer, pool: Pool) -> Tensor:
    """Return the maxima, whose gradient goes to all tied pixels as in cuda-convnet; PyTorch's goes to one.

    Ties happen: windows that see nothing but padding all have the value of the bias.
    """
    maxima = functional.max_pool2d(x.detach(), pool.size, pool.stride, ceil_mode=True)
    ends = []
    for axis in (1, 0):
        extent = (layer.output.shape[axis] - 1) * pool.stride[axis] + pool.size[axis]
        ends += [0, extent - x.shape[2 + axis]]
    seen = functional.unfold(functional.pad(x, ends, value=-1e300), pool.size, stride=pool.stride)
    seen = seen.reshape(*x.shape[:2], -1, *maxima.shape[2:])
    tied = seen.detach() == maxima.unsqueeze(2)
    return maxima + ((seen - seen.detach()) * tied).sum(2)


def _cmrnorm(twin: TorchTwin, layer: InferredLayer, inputs: list[Tensor]) -> Tensor:
    norm = layer.layer
    assert isinstance(norm, CmRNorm)
    return functional.local_response_norm(inputs[0], norm.size, norm.scale, norm.power, norm.minimum)


def _batch_norm(twin: TorchTwin, layer: InferredLayer, inputs: list[Tensor]) -> Tensor:
    norm = layer.layer
    assert isinstance(norm, BatchNorm)
    weights, biases = twin.weight(layer), twin.weight(layer, "biases")
    y = functional.batch_norm(inputs[0], None, None, weights, biases, True, 0.0, norm.epsilon)
    return _neuron(y, norm.neuron)


def _eltsum(twin: TorchTwin, layer: InferredLayer, inputs: list[Tensor]) -> Tensor:
    assert isinstance(layer.layer, EltSum)
    coefficients = layer.layer.coefficients or [1.0] * len(inputs)
    terms = [number * x for number, x in zip(coefficients, inputs, strict=True)]
    return _neuron(torch.stack(terms).sum(0), layer.layer.neuron)


def _global_avg(twin: TorchTwin, layer: InferredLayer, inputs: list[Tensor]) -> Tensor:
    return inputs[0].mean((2, 3))


_FUNCTIONS: dict[type[Layer], Callable[[TorchTwin, InferredLayer, list[Tensor]], Tensor]] = {
    Conv: _conv,
    Local: _local,
    Fc: _fc,
    Pool: _pool,
    CmRNorm: _cmrnorm,
    BatchNorm: _batch_norm,
    EltSum: _eltsum,
    GlobalAvg: _global_avg,
}


def _neuron(x: Tensor, neuron: str) -> Tensor:
    kind, parameters = parse_neuron(neuron)
    match kind.name:
        case "none":
            return x
        case "relu":
            return functional.relu(x)
        case "tanh":
            a, b = parameters
            return a * torch.tanh(b * x)
    raise NotImplementedError(neuron)


def _own(value: float | None, of_network: float) -> float:
    return of_network if value is None else value


def keep_masks(
    layers: Mapping[str, InferredLayer], batch_size: int, seed: int, step: int
) -> dict[str, NDArray[Any]]:
    """Return the units that each dropout layer keeps in a step, by the rule in kernels/cpu/dropout.py."""
    from kernels.philox import Stream, blocks, substream

    masks: dict[str, NDArray[Any]] = {}
    for layer in layers.values():
        if isinstance(layer.layer, Dropout):
            units = layer.output.size
            words = blocks(
                -(-units // 8),
                seed=seed,
                stream=substream(Stream.DROPOUT, len(masks)),
                step=step,
                position=np.arange(batch_size),
            )
            halves = np.stack((words & 0xFFFF, words >> 16), axis=-1).reshape(batch_size, -1)[:, :units]
            masks[layer.name] = (halves < round(layer.layer.keep * 65536)).astype(np.float64)
    return masks
