"""Splits on GPUs compute what one device computes: as threads that share a GPU, and by NCCL between two."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from engine.graph.presets import preset_split
from engine.plan.analysis.infer import infer
from engine.plan.compile.pipeline import compile_network
from engine.training.verification import deviation, make_batches, train
from tests.parallel.networks import devices, small
from tests.parallel.test_mpi import MPIEXEC, ROOT

pytestmark = pytest.mark.gpu

BATCH = 10


@pytest.mark.parametrize(
    ("preset", "scheme", "ranks"),
    [("data", "a", 2), ("model", "a", 2), ("hybrid", "a", 3), ("hybrid", "b", 2), ("hybrid", "c", 2)],
)
def test_ranks_that_share_a_gpu_give_the_answer_of_the_cpu(preset: str, scheme: str, ranks: int) -> None:
    network = small("imagenet", 32, 32)
    layers = infer(network.graph)
    batches = make_batches(layers, BATCH, 3, seed=1)
    split = preset_split(network.graph, preset, devices(ranks), scheme)  # type: ignore[arg-type]
    plan = compile_network(network.graph, BATCH, device="cuda", dtype="float64", split=split)
    one = train(compile_network(network.graph, BATCH, dtype="float64"), network, layers, batches)
    found = deviation(one, train(plan, network, layers, batches))
    assert max(found.values()) <= 1e-10, found


@pytest.mark.skipif(MPIEXEC is None, reason="there is no mpiexec")
@pytest.mark.parametrize(
    ("preset", "scheme"), [("data", "a"), ("model", "a"), ("hybrid", "a"), ("hybrid", "b"), ("hybrid", "c")]
)
def test_two_gpus_give_the_answer_of_the_cpu(preset: str, scheme: str) -> None:
    import cupy

    if cupy.cuda.runtime.getDeviceCount() < 2:
        pytest.skip("needs two GPUs")
    command = [str(MPIEXEC), "-n", "2", sys.executable, "-m", "mpi4py", "-m", "tests.parallel.mpi_ranks"]
    done = subprocess.run(
        [*command, preset, scheme, "cuda"],
        cwd=ROOT,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = [float(deviation) for deviation in re.findall(r"rank \d of 2: (\S+)", done.stdout)]
    assert len(found) == 2
    assert max(found) <= 1e-10
