"""An engine that tests drive by hand: what it was asked is a list, what it says is put in by the test."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from engine.errors import ConvNetError
from engine.graph.layer_graph import LayerGraph, Wire
from engine.graph.network_file import NetworkFile
from engine.graph.settings import TrainingSettings
from engine.layers.catalogue import KINDS
from engine.protocol.computer import Computer as About
from engine.protocol.computer import DataSet, FoundRun
from engine.protocol.inbox import Link, LinkChanged
from engine.protocol.messages import (
    Answer,
    Device,
    Entries,
    Entry,
    GetWeights,
    Heartbeat,
    MetricRow,
    Progress,
    Request,
    RunState,
    StateChanged,
    Weights,
    Welcome,
)
from studio.models.document import Document
from studio.services.computer import ComputerStatus, Presence
from studio.services.link import Answered, Arrival, TrainingOrder
from studio.services.ssh import Address


class FakeLink:
    """A link whose other end is the test."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.arrivals: list[Arrival] = []
        self.closed = self.dismissed = self.killed = False
        self.sequence = 0

    def ask(self, request: Request) -> int:
        self.asked.append(request)
        return len(self.asked)

    def drain(self) -> list[Arrival]:
        arrivals, self.arrivals = self.arrivals, []
        return arrivals

    def kill(self) -> None:
        self.killed = True

    def close(self, *, dismiss: bool = False) -> None:
        self.closed = True
        self.dismissed = dismiss

    # ---- what a test lets the engine say ----

    def welcome(self, state: RunState = RunState.STARTING) -> None:
        self.arrivals.append(Welcome(1, "0.1.0", "0" * 32, "/runs/digits-1", "digits", state))

    def journal(self, *entries: Entry) -> None:
        self.arrivals.append(Entries(self.sequence + 1, entries))
        self.sequence += len(entries)

    def state(self, state: RunState) -> None:
        self.journal(StateChanged(0.0, state))

    def beat(
        self,
        state: RunState,
        step: int = 0,
        total: int = 1000,
        *,
        responding: bool = True,
        slow: bool = False,
    ) -> None:
        progress = Progress(step, total, step * 10 // total, 1234.0, 60.0, 10)
        self.arrivals.append(Heartbeat(1, state, responding, progress, self.sequence, (cpu(),), slow=slow))

    def link(self, link: Link, problem: ConvNetError | None = None) -> None:
        self.arrivals.append(LinkChanged(link, problem))

    def answer(self, ticket: int, answer: Answer | ConvNetError) -> None:
        self.arrivals.append(Answered(ticket, answer))

    def answer_last(self, answer: Answer | ConvNetError) -> None:
        self.answer(len(self.asked), answer)

    def weight_requests(self) -> list[GetWeights]:
        return [request for request in self.asked if isinstance(request, GetWeights)]


class FakeEngines:
    """Starts fake links and keeps them."""

    def __init__(self) -> None:
        self.orders: list[TrainingOrder] = []
        self.links: list[FakeLink] = []

    def start(self, order: TrainingOrder) -> FakeLink:
        self.orders.append(order)
        self.links.append(FakeLink())
        return self.links[-1]

    def resume(self, run_id: str, run_folder: str) -> FakeLink:
        self.resumed = run_folder
        self.links.append(FakeLink())
        return self.links[-1]

    def serve(self, run_folder: str) -> FakeLink:
        self.served = run_folder
        self.links.append(FakeLink())
        return self.links[-1]

    def attach(self, connection: Path) -> FakeLink:
        self.attached = connection
        self.links.append(FakeLink())
        return self.links[-1]

    @property
    def link(self) -> FakeLink:
        return self.links[-1]


class FakeExaminer:
    """Keeps what it was asked; the test answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[msgspec.Struct, Callable[[Any], None]]] = []
        self.cancelled = False

    def ask(self, request: msgspec.Struct, then: Callable[[Any], None]) -> None:
        self.asked.append((request, then))

    def cancel(self) -> None:
        self.cancelled = True

    @property
    def requests(self) -> list[msgspec.Struct]:
        return [request for request, _ in self.asked]

    def answer(self, answer: Any) -> None:
        """Answer the last request."""
        self.asked[-1][1](answer)


class FakeComputer(FakeEngines):
    """Another computer, whose status the test sets."""

    def __init__(self, address: Address) -> None:
        super().__init__()
        self.address = address
        self.status = ComputerStatus()
        self.watched: list[str] = []

    def connect(self) -> None:
        self.status = ComputerStatus(Presence.CONNECTING)

    def disconnect(self) -> None:
        self.status = ComputerStatus()

    def close(self) -> None:
        self.disconnect()

    def answer(self, *runs: FoundRun, version: str = "0.1.0", datasets: tuple[DataSet, ...] = ()) -> None:
        gpu = Device("Test GPU", "gpu", 0.0, (), 0, 80 * 10**9, None, None)
        about = About(1, version, "gpubox", "ada", (cpu(), gpu), "/home/ada/data", datasets)
        self.status = ComputerStatus(Presence.ON, about, runs)

    def watch(self, run_id: str) -> FakeLink:
        self.watched.append(run_id)
        self.links.append(FakeLink())
        return self.links[-1]


def cpu(*cores: float) -> Device:
    return Device("Test CPU", "cpu", 50.0, cores or (80.0, 20.0), 2 * 10**9, 8 * 10**9, None, None)


def row(step: int, loss: float = 1.0, split: str = "train", error: float = 0.5) -> MetricRow:
    return MetricRow(step, step // 100, step * 32, step / 100, split, loss, error, 0.01)


def rows(steps: Iterable[int]) -> list[MetricRow]:
    return [row(step, loss=1 / (1 + step)) for step in steps]


def weights(layer: str, step: int, array: np.ndarray) -> Weights:
    return Weights(layer, "weights", step, array.shape, "float32", array.astype("<f4").tobytes())


def small_network() -> NetworkFile:
    """Two conv layers: 4 filters of 3×3×3 and 2 of 3×3×4."""
    graph = LayerGraph()
    graph.add("data", KINDS["data"](**{}))
    graph.add("labels", KINDS["labels"]())
    graph.add("conv1", KINDS["conv"](filters=4, size=(3, 3), padding=(1, 1)))
    graph.add("conv2", KINDS["conv"](filters=2, size=(3, 3), padding=(1, 1)))
    graph.add("fc1", KINDS["fc"](outputs=10))
    graph.add("softmax1", KINDS["softmax"]())
    graph.add("cost", KINDS["cross_entropy"]())
    chain = ["data", "conv1", "conv2", "fc1", "softmax1", "cost"]
    for source, target in pairwise(chain):
        graph.connect(Wire(source, target))
    graph.connect(Wire("labels", "cost", 1))
    return NetworkFile(graph=graph, training=TrainingSettings(epochs=10))


def small_document() -> Document:
    document = Document()
    document.new(small_network(), "small")
    return document
