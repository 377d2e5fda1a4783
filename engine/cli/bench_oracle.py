"""``convnet bench oracle``: a network's first losses beside PyTorch's, both in float64."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from math import inf, isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import PlanError
from engine.graph.network_file import NetworkFile
from engine.graph.settings import DataSettings
from engine.layers.fc import Fc
from engine.plan.analysis.infer import InferredLayer, all_weights, infer
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.runtime.executor import Executor
from engine.training.figures import CostMeter
from engine.training.initial import initial_weights
from engine.training.step_control import StepControl

BAR = 1e-8
"""Largest difference of two losses."""

Rows = Iterator[tuple[NDArray[Any], NDArray[Any]]]


def compare(
    network: NetworkFile, steps: int, batch_size: int, data: Path | None = None, seconds: float = 0.0
) -> Iterator[tuple[int, float, float]]:
    """Yield step, loss and PyTorch's loss of the first ``steps``, from the same weights, pictures and masks.

    Pictures are those of ``data``, in the order and with the crops of a training, or random ones. After
    ``seconds``, if there are some, the comparison ends early.
    """
    from engine.cli.torch_twin import TorchTwin, keep_masks

    layers = infer(network.graph)
    seed = network.training.seed
    training = replace(network.training, batch_size=batch_size)
    plan = compile_network(network.graph, batch_size, dtype="float64", training=training)
    executor = Executor(plan)
    arrays = executor.arrays
    for number, (name, spec) in enumerate(all_weights(layers).items()):
        arrays[name] = initial_weights(spec, number, seed)
    twin = TorchTwin(layers, {name: arrays[name].copy() for name in all_weights(layers)}, training)
    control = StepControl(arrays, plan.slots, training, seed)
    meter = CostMeter(arrays, layers)
    inputs, labels = plan.by_role("input")[0].name, plan.by_role("labels")[0].name
    rows = _random_rows(network, layers, batch_size) if data is None else _rows(network, data, batch_size)
    start = time.monotonic()
    for step, (pictures, classes) in enumerate(itertools.islice(rows, steps)):
        control.set_batch(step=step, epoch=0, cursor=0, valid=batch_size)
        rate = control.set_rates(0.0)
        arrays[inputs] = pictures
        arrays[labels] = classes
        executor.run(TRAIN)
        masks = keep_masks(layers, batch_size, seed, step)
        yield step, meter.take().loss, twin.step(pictures, classes, masks, rate)
        if seconds and time.monotonic() - start > seconds:
            return


def _random_rows(network: NetworkFile, layers: dict[str, InferredLayer], batch_size: int) -> Rows:
    """Yield batches of random pictures, of about the deviation that prepared pictures have, and labels."""
    shape = next(layer.output.shape for layer in layers.values() if not layer.sources and layer.output.shape)
    classes = [layer.layer.outputs for layer in layers.values() if isinstance(layer.layer, Fc)][-1]
    random = np.random.default_rng(network.training.seed)
    while True:
        pictures = np.round(random.standard_normal((batch_size, *shape)) * 64)
        yield pictures * network.data.scale, random.integers(0, classes, batch_size).astype(np.int32)


def _rows(network: NetworkFile, data: Path, batch_size: int) -> Rows:
    """Yield the whole batches of a data set, prepared and varied as in a training."""
    from engine.data.augmentation import Augmentation
    from engine.data.loader import Loader
    from engine.data.open import open_dataset
    from engine.data.preprocessing import Preprocessing

    settings: DataSettings = replace(network.data, source="path", path=str(data.resolve()))
    split = open_dataset(settings, Path()).split("train")
    size = next(layer.output.shape[:2] for layer in infer(network.graph).values() if not layer.sources)
    loader = Loader(
        split,
        batch_size,
        Preprocessing.fit(split.pictures, settings, (size[0], size[1])),
        seed=network.training.seed,
        dtype="float64",
        augmentation=Augmentation.fit(split.pictures, settings),
    )
    for epoch in itertools.count():
        for batch in loader.epoch(epoch):
            if batch.valid == batch_size:
                yield batch.pictures, batch.labels


def oracle(network: NetworkFile, steps: int, batch_size: int, data: Path | None, seconds: float) -> bool:
    """Print a line for each step; return whether all losses agree within the bar.

    Raises PlanError where PyTorch is not installed.
    """
    if find_spec("torch") is None:
        raise PlanError(
            layer="oracle",
            expected="PyTorch, which the losses are compared with",
            found="none",
            hint='Install the extra "oracle" (pip install "convnet-studio[oracle]").',
        )
    largest = 0.0
    done = 0
    for step, ours, theirs in compare(network, steps, batch_size, data, seconds):
        done = step + 1
        apart = abs(ours - theirs)
        largest = max(largest, apart if isfinite(apart) else inf)
        print(f"step {done:4}  loss {ours:.12f}  PyTorch {theirs:.12f}  apart {apart:.1e}")
    agrees = done > 0 and largest <= BAR
    print(f"{done} steps of batch {batch_size}: at most {largest:.1e} apart, bar {BAR:.0e}")
    return agrees
