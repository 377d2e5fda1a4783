"""A plan that a GPU has no room for is refused before it runs; a GPU that is lost ends no run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import DeviceError
from engine.graph.examples import load_example
from engine.store.run_folder import RunFolder
from engine.training.run import train
from tests.training.running import Recorder, last_checkpoint, make_run

pytestmark = pytest.mark.gpu

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "engine.cli", "train", "resources/examples/digits.convnet")

LOSE_GPU = """
import sys
from pathlib import Path

if "engine.worker" in sys.orig_argv:
    import cupy
    from engine.training.trainer import Trainer

    step, lost = Trainer._step, Path(__file__).with_name("lost")

    def losing(trainer, batch):
        if trainer.place.step == 100 and not lost.exists():
            lost.touch()
            trap = cupy.RawKernel('extern "C" __global__ void trap() { asm("trap;"); }', "trap")
            trap((1,), (1,), ())
        step(trainer, batch)

    Trainer._step = losing
"""
"""What a training process is started with: a kernel that aborts the context, once."""


def test_what_does_not_fit_is_refused_with_the_largest_batch_that_does(tmp_path: Path) -> None:
    example = load_example("imagenet")
    training = replace(example.training, batch_size=65_536)
    what = replace(example, training=training, data=load_example("digits").data)
    with pytest.raises(DeviceError, match=r"batches of 65,536 .* that fits is ([\d,]+)\.") as caught:
        train(what, tmp_path, make_run(tmp_path, what), device="cuda:0", observer=Recorder())
    found = re.search(r"fits is ([\d,]+)", str(caught.value))
    assert found
    assert 128 < int(found[1].replace(",", "")) < 65_536


def test_a_run_goes_on_after_its_gpu_was_lost(tmp_path: Path) -> None:
    tmp_path.joinpath("sitecustomize.py").write_text(LOSE_GPU)
    path = os.pathsep.join(filter(None, (str(tmp_path), str(ROOT), os.environ.get("PYTHONPATH"))))
    folder = tmp_path / "run"
    done = subprocess.run(
        [*COMMAND, "--device", "cuda:0", "--epochs", "12", "--run-folder", str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=80,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    run = RunFolder.open(folder)
    log = folder.joinpath("log.txt").read_text()
    assert "Restart 1 of 5" in log
    assert "Restart 2" not in log
    assert last_checkpoint(run).epoch == 12
