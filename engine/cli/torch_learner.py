"""An example trained in PyTorch from its first picture to its last test, beside the engine's.

The same network, starting weights, data, epochs, batches, rates and tests as the engine's; float32, channels
last, fused SGD, pictures prepared once and kept in memory. It keeps no checkpoints and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from engine.cli.torch_modules import modules_of
from engine.cli.torch_ways import QUICKEST_ON_CPUS
from engine.data.dataset import Split
from engine.data.open import open_dataset
from engine.data.preparation import Preparation
from engine.graph.network_file import NetworkFile
from engine.layers.data import Data
from engine.plan.analysis.infer import InferredLayer, all_weights, infer
from engine.training.initial import initial_weights

_TEST_BATCH = 512


class TorchLearner:
    """A training of ``network``, a chain of layers without augmentation, on so many ``threads``."""

    def __init__(self, network: NetworkFile, threads: int) -> None:
        torch.set_num_threads(threads)
        torch.manual_seed(network.training.seed)
        self._training = network.training
        layers = infer(network.graph)
        height, width = next(
            layer.output.shape[:2] for layer in layers.values() if isinstance(layer.layer, Data)
        )
        size = (height, width)
        dataset = open_dataset(network.data, Path())
        preparation = Preparation.fit(dataset, network.data, size)
        self._splits = {name: _tensors(split, preparation, size) for name, split in dataset.splits.items()}
        modules = modules_of(layers, QUICKEST_ON_CPUS)
        _begin(modules, layers, network.training.seed)
        self._network = torch.nn.Sequential(*modules.values()).to(memory_format=torch.channels_last)
        groups = list(_groups(modules, layers, network.training.decay))
        momentum = network.training.momentum
        self._optimiser = torch.optim.SGD(groups, lr=1.0, momentum=momentum, fused=True)

    def answers(self, count: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the first test pictures, (N, height, width, channels), and their probabilities."""
        self._network.eval()
        pictures = self._splits["test"][0][:count]
        with torch.inference_mode():
            probabilities = self._network(pictures).softmax(1)
        return pictures.permute(0, 2, 3, 1).numpy(), probabilities.numpy()

    def train(self) -> float:
        """Train all epochs, with a test after each; return the last test's error, from 0 to 1."""
        training, error = self._training, 1.0
        for epoch in range(training.epochs):
            for group in self._optimiser.param_groups:
                group["lr"] = training.schedule.rate_at(epoch, training.epochs)
            self._epoch()
            error = self._error()
        return error

    def _epoch(self) -> None:
        self._network.train()
        pictures, labels = self._splits["train"]
        for rows in torch.randperm(len(labels)).split(self._training.batch_size):
            self._optimiser.zero_grad(set_to_none=True)
            answers = self._network(pictures[rows])
            torch.autograd.backward(functional.cross_entropy(answers, labels[rows]))
            self._optimiser.step()

    def _error(self) -> float:
        self._network.eval()
        pictures, labels = self._splits["test"]
        with torch.inference_mode():
            batches = zip(pictures.split(_TEST_BATCH), labels.split(_TEST_BATCH), strict=True)
            wrong = sum(int((self._network(x).argmax(1) != y).sum()) for x, y in batches)
        return wrong / len(labels)


def _tensors(split: Split, preparation: Preparation, size: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Return all pictures of a split, prepared, and its labels."""
    raw = split.pictures[np.arange(len(split))]
    prepared = np.zeros((len(raw), *size, raw.shape[-1]), np.float32)
    preparation.preprocessing.apply(raw, prepared)
    labels = torch.tensor(np.asarray(split.labels), dtype=torch.int64)
    return torch.from_numpy(prepared).permute(0, 3, 1, 2), labels


def _begin(modules: Mapping[str, torch.nn.Module], layers: Mapping[str, InferredLayer], seed: int) -> None:
    """Give the modules the weights that the engine begins with."""
    for number, (name, spec) in enumerate(all_weights(layers).items()):
        layer, _, role = name.rpartition(".")
        module = next(part for part in modules[layer].modules() if hasattr(part, "weight"))
        values = torch.tensor(initial_weights(spec, number, seed), dtype=torch.float32)
        if role == "biases":
            values = values.reshape(-1)
        elif values.ndim == 4:  # filters, rows, columns, channels
            values = values.permute(0, 3, 1, 2)
        else:  # outputs, and inputs in the order rows, columns, channels
            rows, columns, channels = (*layers[layer].inputs[0].shape, 1, 1)[:3]
            values = values.reshape(-1, rows, columns, channels).permute(0, 3, 1, 2).flatten(1)
        with torch.no_grad():
            (module.bias if role == "biases" else module.weight).copy_(values)


def _groups(
    modules: Mapping[str, torch.nn.Module], layers: Mapping[str, InferredLayer], decay: float
) -> Iterator[dict[str, Any]]:
    """Yield weights and biases with the decay that each has."""
    for name, spec in all_weights(layers).items():
        layer, _, role = name.rpartition(".")
        module = next(part for part in modules[layer].modules() if hasattr(part, "weight"))
        own = decay if spec.learning.decay is None else spec.learning.decay
        yield {"params": [module.bias if role == "biases" else module.weight], "weight_decay": own}
