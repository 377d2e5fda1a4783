"""One rank of ``convnet bench split``: times steps of each split, and prints the figures as JSON."""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from engine.cli.launched import answer
from engine.graph.network_file import NetworkFile, load
from engine.graph.presets import choose_split
from engine.parallel.devices import device_names
from engine.parallel.team import Team
from engine.plan.analysis.infer import all_weights, infer
from engine.plan.analysis.traffic import step_bytes
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.plan.types import TrainingPlan
from engine.runtime.device import Span
from engine.runtime.devices import begin_on, best_code, device_kind, device_label
from engine.runtime.distributed import Distributed
from engine.runtime.executor import Executor
from engine.training.alike import compile_alike, precision_for_all
from engine.training.initial import initial_weights
from engine.training.overlap import chrome_trace, hidden_share
from engine.training.step_control import StepControl
from engine.training.verification import make_batches

_WARM_UP = 3
_REPEATS = 5
"""How often the steps are timed; the quickest counts."""


class Order(msgspec.Struct, frozen=True):
    """What to measure: each split with each batch size."""

    network: str  # path
    devices: str
    splits: tuple[str, ...]
    batch_sizes: tuple[int, ...]
    steps: int
    trace: str | None = None  # path of a file for one step of the last split


class _Rank:
    """One rank's part of a split training."""

    def __init__(self, network: NetworkFile, plan: TrainingPlan, team: Team, device: str) -> None:
        self.plan, self._team = plan, team
        rank = team.line.rank
        self.executor = Executor(plan, rank, team.line, device=device)
        self._arrays = Distributed(plan, self.executor.arrays, team.line)
        training, layers = network.training, infer(network.graph)
        self._control = StepControl(
            self.executor.arrays, plan.slots, training, training.seed, plan.first_rows(rank)
        )
        for number, (name, spec) in enumerate(all_weights(layers).items()):
            self._arrays.put(name, initial_weights(spec, number, training.seed))
        self._control.set_rates(0.0)
        (batch,) = make_batches(layers, plan.batch_size, 1, training.seed)
        for role, values in (("input", batch.pictures.astype(np.float32)), ("labels", batch.labels)):
            for buffer in plan.by_role(role):  # type: ignore[arg-type]
                self._arrays.put(buffer.name, values)
        self._step = 0

    def run(self, steps: int) -> float:
        """Do steps, and return the s that the slowest rank took for one."""
        self._wait()
        begun = time.perf_counter()
        for _ in range(steps):
            self._control.set_batch(step=self._step, epoch=0, cursor=0, valid=self.plan.batch_size)
            self.executor.run(TRAIN)
            self._step += 1
        self._wait()
        return time.perf_counter() - begun

    def spans(self) -> list[list[Span]]:
        """Return, on rank 0, when each operation of a step ran, on each rank."""
        for _ in range(_WARM_UP):
            found = self.executor.timed(TRAIN)
        return self._team.gather(found, list[Span])

    def _wait(self) -> None:
        """Wait for this rank's device, and for all other ranks."""
        self.executor.device.forget()
        self._team.gather(True, bool)
        self._team.share(True, bool)


def measure(order: Order, team: Team) -> list[dict[str, Any]]:
    """Return the figures, which are those of all ranks."""
    network = load(Path(order.network))
    names = device_names(order.devices)
    device = names[team.line.rank]
    begin_on(device)
    kind = device_kind(device)
    results = []
    for split in order.splits:
        for size in order.batch_sizes:
            compile_for = partial(
                compile_network,
                network.graph,
                device=kind,
                split=choose_split(network.graph, network.splits, split, len(names)),
                code=team.share(best_code(kind), str),
                training=network.training,
                precision=precision_for_all(device, network.training.precision, team),
            )
            plan = compile_alike(compile_for, size, None, team)
            rank = _Rank(network, plan, team, device)
            rank.run(_WARM_UP)
            seconds = min(rank.run(order.steps) for _ in range(_REPEATS)) / order.steps
            spans = rank.spans()
            results.append(
                {
                    "split": split,
                    "ranks": len(names),
                    "device": device_label(device),
                    "batch_size": size,
                    "ms": 1e3 * seconds,
                    "examples_per_second": size / seconds,
                    "sent_bytes": sum(step_bytes(plan.programs[TRAIN], plan.buffers).values()),
                    "hidden": hidden_share(plan, spans),
                }
            )
            if team.leads:
                print(f"{split or 'one device'}, {size} examples: {1e3 * seconds:.2f} ms", file=sys.stderr)
            if order.trace is not None and team.leads:
                Path(order.trace).write_text(json.dumps(chrome_trace(spans)), encoding="utf-8")
            del rank
    return results


if __name__ == "__main__":
    sys.exit(answer(Order, measure))
