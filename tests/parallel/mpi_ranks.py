"""``mpiexec -n 3 python -m mpi4py -m tests.parallel.mpi_ranks hybrid c``: prints each rank's deviation.

With ``cuda`` at the end each rank trains on the GPU of its number.
"""

from __future__ import annotations

import sys
from typing import Literal

from engine.graph.presets import preset_split
from engine.parallel.communicators.mpi import MpiCommunicator
from engine.plan.analysis.infer import infer
from engine.plan.compile.pipeline import compile_network
from engine.training.verification import deviation, make_batches, train, train_rank
from tests.parallel.networks import devices, small


def main() -> None:
    """Train the small ImageNet network over MPI's ranks, and compare with one device."""
    preset, scheme, *device = sys.argv[1:]
    line = MpiCommunicator()
    network = small("imagenet", 32, 32)
    layers = infer(network.graph)
    batches = make_batches(layers, 10, 3, seed=1)
    split = preset_split(network.graph, preset, devices(line.size), scheme)  # type: ignore[arg-type]
    kind: Literal["cpu", "cuda"] = "cuda" if device else "cpu"
    plan = compile_network(network.graph, 10, device=kind, dtype="float64", split=split)
    own = f"cuda:{line.rank}" if device else "cpu"
    course = train_rank(plan, network, layers, batches, line=line, device=own)
    one = train(compile_network(network.graph, 10, dtype="float64"), network, layers, batches)
    # One write a line: the ranks share a pipe.
    sys.stdout.write(f"rank {line.rank} of {line.size}: {max(deviation(one, course).values()):.3e}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
