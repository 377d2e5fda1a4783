"""One side of ``convnet bench cpu``, in a process of its own, see engine.cli.bench_side.

It answers the words ``step`` (s by the clock, and of all processors), ``parts`` (s forward and backward by
layer), ``facts`` (what else the side knows), ``memory`` (bytes that it came to hold at most beyond those
before it had a network).
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import psutil

from engine.cli.bench_engine import check_updates, fill
from engine.cli.bench_side import answer, read_order
from engine.graph.network_file import load
from engine.plan.analysis.infer import infer

if TYPE_CHECKING:
    from engine.cli.torch_peer import LayerCalls

_REPEATS = 3


class Side(Protocol):
    """What is measured."""

    def step(self) -> None:
        """Train one step."""

    def parts(self) -> dict[str, tuple[float, float]]:
        """Return s forward and backward of each layer, updates included: the least of several runs."""

    def facts(self) -> dict[str, Any]:
        """Return what else is known."""


class Engine:
    """The engine's side, on generated kernels."""

    def __init__(self, network: Path, batch_size: int) -> None:
        from engine.plan.compile.pipeline import TRAIN, compile_network
        from engine.runtime.devices import best_code
        from engine.runtime.executor import Executor

        file = load(network)
        start = time.perf_counter()
        self._code = best_code("cpu")
        plan = compile_network(file.graph, batch_size, code=self._code)
        self._executor = Executor(plan)
        self._compiling = time.perf_counter() - start
        self._program = TRAIN
        self._layers = infer(file.graph)
        fill(self._executor, plan)

    def step(self) -> None:
        """Train one step."""
        self._executor.run(self._program)

    def parts(self) -> dict[str, tuple[float, float]]:
        """Return s forward and backward of each layer; raises ValueError if steps skipped their updates."""
        check_updates(self._executor)
        sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for operation, call in self._executor.calls(self._program):
            layer = operation.layer.rpartition(".")[0] or operation.layer
            sums[layer][not operation.kind.endswith(".forward")] += least_time(call)
        return {name: (forward, backward) for name, (forward, backward) in sums.items()}

    def facts(self) -> dict[str, Any]:
        """Return the target, s of compiling, the peak, and multiply-adds of each layer's forward pass."""
        from engine.runtime.peak import peak

        adds = {layer.name: layer.layer.multiply_adds(layer.inputs) for layer in self._layers.values()}
        facts = {"code": self._code, "compiling": self._compiling, "multiply_adds": adds}
        return facts | {"peak": peak(self._code) if self._code else 0.0}


class Torch:
    """PyTorch's side."""

    def __init__(self, network: Path, batch_size: int, threads: int) -> None:
        from engine.cli.torch_peer import TorchPeer

        self._peer = TorchPeer(infer(load(network).graph), batch_size, threads)

    def step(self) -> None:
        """Train one step."""
        self._peer.step()

    def parts(self) -> dict[str, tuple[float, float]]:
        """Return s forward and backward of each layer."""
        return {calls.name: (least_time(calls.forward), _back(calls)) for calls in self._peer.layers()}

    def facts(self) -> dict[str, Any]:
        """Return the version."""
        import torch

        return {"version": torch.__version__}


def _back(calls: LayerCalls) -> float:
    """Return s of a layer's backward pass and its update."""
    return least_time(calls.backward) + (least_time(calls.update) if calls.update else 0.0)


def least_time(call: Callable[[], object]) -> float:
    """Return the least s that a call took of several."""
    return min(_seconds(call) for _ in range(_REPEATS))


def _seconds(call: Callable[[], object]) -> float:
    return _both_seconds(call)[0]


def _both_seconds(call: Callable[[], object]) -> tuple[float, float]:
    """Return s by the clock, and of all processors."""
    wall, processor = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - processor


def main() -> None:
    """Measure what the first line says, as the next lines ask."""
    import resource

    order = read_order()
    network = Path(order["network"])
    if order["side"] == "torch":
        import torch  # noqa: F401  # its own size is not the network's
    before = psutil.Process().memory_info().rss
    side: Side = (
        Torch(network, order["batch_size"], order["threads"])
        if order["side"] == "torch"
        else Engine(network, order["batch_size"])
    )
    answer(
        {
            "step": lambda: _both_seconds(side.step),
            "parts": side.parts,
            "facts": side.facts,
            "memory": lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before,
        }
    )


if __name__ == "__main__":
    main()
