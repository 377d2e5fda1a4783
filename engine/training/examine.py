"""Asks a trained network what it makes of pictures: its answers, and the outputs of all layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.dataset import Split
from engine.data.loader import Batch, Loader
from engine.layers.cost_layer import PROBABILITIES
from engine.plan.analysis.infer import infer
from engine.plan.compile.pipeline import EVALUATE
from engine.plan.types import Operation
from engine.training.predict import Trained, answering_cost, bind_trained

Array = NDArray[Any]


class Examiner:
    """A trained network that answers for ``batch_size`` pictures at a time, on the CPU."""

    def __init__(self, trained: Trained, batch_size: int) -> None:
        """Raise PlanError for a network that names no classes."""
        self.trained = trained
        self._bound = bind_trained(trained, batch_size, "cpu")
        self._batch_size = batch_size
        cost = answering_cost(infer(trained.network.graph))
        metrics = {buffer.name for buffer in self._bound.plan.by_role("metrics")}
        self._calls = []
        self._probabilities = ""
        for operation, call in self._bound.executor.calls(EVALUATE):
            if operation.layer == cost and PROBABILITIES.name in operation.inputs:
                self._probabilities = operation.inputs[PROBABILITIES.name]
            if metrics.isdisjoint(operation.outputs.values()):
                self._calls.append((operation, call))

    def outputs(self, pictures: Array) -> Iterator[tuple[str, Array]]:
        """Yield each layer with its outputs (pictures, …) for prepared pictures, which fit one batch.

        What is yielded is good until the next one. Layers that the plan joins with the next one are left out.
        """
        self._feed(pictures)
        for operation, call in self._calls:
            call()
            name = self._output_of(operation)
            if name is not None:
                yield operation.layer, self._bound.executor.content(EVALUATE, name)[: len(pictures)]

    def answers(self, split: Split) -> Iterator[tuple[Batch, Array]]:
        """Yield batches of a split in order, each with its probabilities (valid rows, classes)."""
        for batch in self.batches(split):
            found = None
            for operation, call in self._calls:
                call()
                if self._probabilities in operation.outputs.values():
                    content = self._bound.executor.content(EVALUATE, self._probabilities)
                    found = np.array(content[: batch.valid], np.float64)
            assert found is not None
            yield batch, found

    def features(self, split: Split, layer: str) -> Iterator[Array]:
        """Yield the outputs of a layer for the batches of a split, in order; raises KeyError for none."""
        for batch in self.batches(split):
            found = None
            for operation, call in self._calls:
                call()
                if operation.layer == layer and (name := self._output_of(operation)):
                    content = self._bound.executor.content(EVALUATE, name)
                    found = np.array(content[: batch.valid], np.float32)
            if found is None:
                raise KeyError(layer)
            yield found

    @property
    def answering_layer(self) -> str:
        """The layer that gives the probabilities of the classes."""
        return next(op.layer for op, _ in self._calls if self._probabilities in op.outputs.values())

    @property
    def layers(self) -> list[str]:
        """The layers whose outputs can be had."""
        return [operation.layer for operation, _ in self._calls if self._output_of(operation)]

    def batches(self, split: Split) -> Iterator[Batch]:
        how = self.trained.preparation.preprocessing
        loader = Loader(split, self._batch_size, how, seed=0, dtype=self._bound.dtype)
        for batch in loader.epoch(0, shuffle=False):
            self._feed(batch.pictures[: batch.valid])
            yield batch

    def _feed(self, pictures: Array) -> None:
        padded = np.zeros((self._batch_size, *pictures.shape[1:]), self._bound.dtype)
        padded[: len(pictures)] = pictures
        self._bound.control.set_batch(step=0, epoch=0, cursor=0, valid=len(pictures))
        for buffer in self._bound.plan.by_role("input"):
            self._bound.executor.arrays[buffer.name] = padded

    def _output_of(self, operation: Operation) -> str | None:
        name = f"{operation.layer}.output"
        is_real = name in self._bound.plan.buffers and self._bound.plan.buffers[name].is_real
        return name if is_real and name in operation.outputs.values() else None
