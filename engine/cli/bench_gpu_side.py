"""One side of ``convnet bench gpu``, in a process of its own, see engine.cli.bench_side.

The engine's side answers ``ready`` (s from the process's start until its first step was done), ``step`` (ms),
``parts`` (each operation of a step), ``facts`` and ``limits`` (what a GPU can do at most). PyTorch's answers
``prepare`` with the number of a variant (s it took, or why it failed), ``step``, ``memory`` (bytes that the
variant came to hold at most) and ``facts``.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.bench_side import answer, read_order
from engine.runtime.context import begin_beside, context_bytes

if TYPE_CHECKING:
    from engine.plan.types import Operation

_TURN = 50.0
"""ms of steps that are timed at once."""

_REPEATS = 20
"""Calls of one operation that are timed at once, as one graph, where one is not ``_LONG``."""

_LONG = 0.2
"""ms beside which the launch of a graph does not count."""

_MULTIPLYING = ("conv", "local", "fc")
"""What the names of operations with matrix products hold."""


class Steps:
    """Times calls of a step; the first call warms up, and finds how many make a turn."""

    def __init__(self, call: Callable[[], None], clock: Callable[[Callable[[], None], int], float]) -> None:
        self._call, self._clock = call, clock
        clock(call, 3)
        self._times = max(3, ceil(_TURN / max(clock(call, 3), 1e-3)))

    def __call__(self) -> float:
        """Return ms a step."""
        return self._clock(self._call, self._times)


class Engine:
    """The engine's side: one captured graph a step."""

    def __init__(self, network: Path, batch_size: int, precision: str, started: float) -> None:
        from engine.cli.bench_engine import feed, fill
        from engine.graph.network_file import load
        from engine.parallel.communicators.single import Single
        from engine.plan.analysis.infer import infer
        from engine.plan.compile.pipeline import TRAIN, compile_network
        from engine.runtime.devices import best_code, best_precision
        from engine.runtime.distributed import Distributed
        from engine.runtime.executor import Executor
        from engine.runtime.gpu import Gpu
        from engine.training.learned import Learned

        context_bytes(0)  # the first thing that is done on the GPU
        file = load(network)
        device = "cuda:0"
        self._layers = infer(file.graph)
        self._code = best_code("cuda")
        self._plan = compile_network(
            file.graph,
            batch_size,
            device="cuda",
            code=self._code,
            training=file.training,
            precision=best_precision(device, precision),
        )
        self._executor = Executor(self._plan, device=device)
        assert isinstance(self._executor.device, Gpu)
        self._gpu = self._executor.device
        self._clock = self._gpu.milliseconds
        shared = Distributed(self._plan, self._executor.arrays, Single())
        Learned(self._plan, self._executor.arrays, shared, self._layers, file.training.seed).begin()
        feed(self._executor, self._plan)
        self._program = TRAIN
        self._clock(self._run, 1)
        self.first_step = time.time() - started
        fill(self._executor, self._plan)
        self._steps = Steps(self._run, self._clock)

    def step(self) -> float:
        """Return ms a step; raises ValueError where the steps did not update the weights."""
        from engine.cli.bench_engine import check_updates

        took = self._steps()
        check_updates(self._executor)
        return took

    def _run(self) -> None:
        self._executor.run(self._program)

    def parts(self) -> list[dict[str, Any]]:
        """Return ms, bytes and operations of each operation of a step, its numbers still in the cache."""
        from engine.cli.bench_engine import fill

        parts = []
        calls = self._executor.calls(self._program)
        repeated = self._executor.calls(self._program, times=_REPEATS)
        for (operation, once), (_, often) in zip(calls, repeated, strict=True):
            least = self._least(once)
            if least < _LONG:
                least = self._least(often) / _REPEATS
            work = {"bytes": self._bytes(operation), "operations": self._operations(operation)}
            parts.append({"name": operation.name, "kind": operation.kind, "ms": least, **work})
        fill(self._executor, self._plan)  # out of their order, operations leave anything in the weights
        return parts

    def _least(self, call: Callable[[], None]) -> float:
        return min(self._clock(call, 1) for _ in range(4))

    def _bytes(self, operation: Operation) -> int:
        """Return the bytes of all that an operation reads and writes, scratch arrays left out."""
        buffers = [self._plan.buffers[name] for name in {**operation.inputs, **operation.outputs}.values()]
        return sum(buffer.nbytes(0) for buffer in buffers if buffer.role != "workspace")

    def _operations(self, operation: Operation) -> int:
        """Return multiplications and additions of an operation's matrix products."""
        family = operation.kind.partition(".")[0]
        name = operation.layer
        layer = self._layers.get(name) or self._layers.get(name.rpartition(".")[0])  # of weights: their layer
        if layer is None or not any(word in family for word in _MULTIPLYING):
            return 0
        return 2 * layer.layer.multiply_adds(layer.inputs) * self._plan.batch_size

    def facts(self) -> dict[str, Any]:
        """Return the GPU, the versions, the bytes of memory as the engine tells them, and the operations."""
        from engine.runtime.devices import gpu_class, gpu_versions

        return {
            "gpu": gpu_class("cuda:0"),
            "versions": {"driver": _driver(), **gpu_versions()},
            "memory": dict(self._gpu.memory()),
            "precision": self._plan.precision,
            "code": self._code,
            "operations": len(self._plan.programs[self._program].operations),
        }


def _driver() -> str:
    """Return the version of NVIDIA's driver; "unknown" without its Python package."""
    try:
        import pynvml
    except ImportError:
        return "unknown"
    pynvml.nvmlInit()
    return str(pynvml.nvmlSystemGetDriverVersion())


class Torch:
    """PyTorch's side: one variant at a time."""

    def __init__(self, network: Path, batch_size: int, full: bool) -> None:
        import torch

        from engine.cli import torch_gpu_peer
        from engine.cli.torch_ways import variants
        from engine.graph.network_file import load
        from engine.plan.analysis.infer import infer

        self._torch, self._peers = torch, torch_gpu_peer
        self._layers = infer(load(network).graph)
        self._batch_size = batch_size
        self._variants = variants(self._layers, full=full)
        self._peer: Any = None
        self._steps: Steps | None = None

    def prepare(self, number: str, tune: str = "tune") -> dict[str, Any]:
        """Make a variant in place of the one before; return the s that it took, or why it failed."""
        self._peer = self._steps = None
        gc.collect()
        self._torch.cuda.empty_cache()
        self._torch.cuda.reset_peak_memory_stats()
        self._torch.backends.cudnn.benchmark = tune == "tune"
        start = time.perf_counter()
        try:
            self._peer = self._peers.GpuPeer(self._layers, self._batch_size, self._variants[int(number)])
            self._steps = Steps(self._peer.run, self._peers.milliseconds)
        except Exception as error:  # whatever PyTorch fails with: the others are still to be measured
            return {"failed": f"{type(error).__name__}: {str(error)[:200]}"}
        return {"seconds": time.perf_counter() - start}

    def step(self) -> float:
        """Return ms a step of the variant."""
        assert self._steps is not None
        return self._steps()

    def memory(self) -> int:
        """Return the most bytes that the variant has held, those that PyTorch keeps for later included."""
        return int(self._torch.cuda.max_memory_reserved())

    def facts(self) -> dict[str, Any]:
        """Return the versions; from then on CUDA itself has the memory that it takes."""
        self._torch.zeros(1, device="cuda")
        cudnn = self._torch.backends.cudnn.version()
        return {"torch": self._torch.__version__, "cuda": self._torch.version.cuda, "cudnn": cudnn}


def main() -> None:
    """Measure what the first line says, as the next lines ask."""
    order = read_order()
    network, batch_size = Path(order["network"]), order["batch_size"]
    if order["side"] == "torch":
        peer = Torch(network, batch_size, order["full"])
        answer(
            {
                "prepare": peer.prepare,
                "step": peer.step,
                "memory": peer.memory,
                "facts": peer.facts,
            }
        )
        return
    begin_beside(0)  # as a training does, while all else is imported
    from engine.runtime.gpu_limits import limits

    engine = Engine(network, batch_size, order["precision"], order["started"])
    answer(
        {
            "ready": lambda: engine.first_step,
            "step": engine.step,
            "parts": engine.parts,
            "facts": engine.facts,
            "limits": limits,
        }
    )


if __name__ == "__main__":
    main()
