"""One side of ``convnet bench learn --peer torch``, in a process of its own, see engine.cli.bench_side.

It answers ``run SEED`` by the s of a whole training, wall and processor, and its test error from 0 to 1.
"""

from __future__ import annotations

import dataclasses
import tempfile
import time
from pathlib import Path
from typing import Any

from engine.cli.bench_side import answer, read_order
from engine.graph.examples import load_example
from engine.graph.network_file import NetworkFile


def main() -> None:
    """Train what the first line says, as the next lines ask."""
    order = read_order()
    _import(order)

    def run(seed: str) -> list[float]:
        example = load_example(order["example"])
        training = dataclasses.replace(example.training, seed=int(seed))
        network = dataclasses.replace(example, training=training)
        wall, processor = time.perf_counter(), time.process_time()
        error = _train(order, network)
        return [time.perf_counter() - wall, time.process_time() - processor, error]

    answer({"run": run})


def _import(order: dict[str, Any]) -> None:
    """Import what a side needs: no training begins with it."""
    import engine.cli.in_process

    if order["side"] == "torch":
        import engine.cli.torch_learner  # noqa: F401


def _train(order: dict[str, Any], network: NetworkFile) -> float:
    """Train, from opening the data to the last test, and return its error."""
    if order["side"] == "torch":
        from engine.cli.torch_learner import TorchLearner

        return TorchLearner(network, order["threads"]).train()
    from engine.cli.in_process import run_in

    with tempfile.TemporaryDirectory() as folder:
        _, watcher = run_in(Path(folder, "run"), network)
    return next(row.error for row in reversed(watcher.rows) if row.split == "test")


if __name__ == "__main__":
    main()
