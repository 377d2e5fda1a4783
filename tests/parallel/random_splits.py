"""``python -m tests.parallel.random_splits 300``: random networks and splits give what one device gives.

With ``cuda`` behind the number, plans are those for GPUs, carried out by the CPU.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from random import Random
from typing import Literal

from engine.errors import PlanError
from engine.graph.network_file import NetworkFile
from engine.graph.split import Split
from engine.plan.analysis.infer import infer
from engine.plan.compile.pipeline import compile_network
from engine.training.verification import deviation, make_batches, train
from tests.parallel.gpu_twins import on_cpu
from tests.parallel.networks import random_graph, random_split

Device = Literal["cpu", "cuda"]


def try_one(seed: int, device: Device = "cpu") -> tuple[float, Split]:
    """Return the largest deviation of a random network under a random split, and the split."""
    random = Random(seed)
    graph = random_graph(random)
    split = random_split(random, graph)
    network = NetworkFile(graph=graph)
    layers = infer(graph)
    size = random.randint(len(split.devices) ** 2, 18)
    batches = make_batches(layers, size, 3, seed)
    try:
        plan = compile_network(graph, size, dtype="float64", split=split, device=device)
    except PlanError as error:
        if "comes in passes" not in str(error):
            raise
        # Batch normalisation after a fully connected layer, say, needs the whole batch at once.
        split = Split(split.name, split.devices, split.layers)
        plan = compile_network(graph, size, dtype="float64", split=split, device=device)
    one = train(compile_network(graph, size, dtype="float64"), network, layers, batches)
    with nullcontext(plan) if device == "cpu" else on_cpu(plan) as runnable:
        other = train(runnable, network, layers, batches)
    return max(deviation(one, other).values()), split


def main() -> int:
    """Try as many as asked for; returns the exit code."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    device: Device = "cuda" if "cuda" in sys.argv else "cpu"
    worst, mismatches = 0.0, 0
    for seed in range(count):
        found, split = try_one(seed, device)
        worst = max(worst, found)
        if not found <= 1e-10:
            mismatches += 1
            print(f"seed {seed}: {found:.2e} under {split}")
    print(f"{count} networks and splits: {mismatches} mismatches, largest relative deviation {worst:.2e}")
    return 1 if mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
