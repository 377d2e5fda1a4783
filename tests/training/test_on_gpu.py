"""Whole trainings on a GPU: they resume bit for bit, and find back after a number that is not finite."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.runtime import gpu_loader
from engine.training.trainer import Trainer
from tests.training.running import Recorder, fingerprint, network, run_training, save_pictures, stop_at

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("stop", [1, 3])
def test_a_resumed_training_is_the_one_that_was_never_stopped(
    tmp_path: Path, precision: str, stop: int
) -> None:
    what = network(precision=precision)
    runs = []
    for name in ("whole", "stopped"):
        (tmp_path / name).mkdir()
        save_pictures(tmp_path / name)
    whole = Recorder()
    _, run = run_training(tmp_path / "whole", what, whole, device="cuda:0")
    runs.append(fingerprint(run))
    first, second = stop_at(stop), Recorder()
    outcome, run = run_training(tmp_path / "stopped", what, first, device="cuda:0")
    assert outcome == "stopped"
    run_training(tmp_path / "stopped", what, second, run, device="cuda:0")
    runs.append(fingerprint(run))
    assert runs[0] == runs[1]
    assert first.figures() + second.figures() == whole.figures()


def test_a_gpu_learns_as_the_cpu_does(tmp_path: Path) -> None:
    """The figures of all rows agree to float32's rounding."""
    what = network(precision="float32")
    recorders = []
    for device in ("cpu", "cuda:0"):
        folder = tmp_path / device.replace(":", "")
        folder.mkdir()
        save_pictures(folder)
        recorders.append(Recorder())
        run_training(folder, what, recorders[-1], device=device)
    cpu, gpu = (recorder.figures() for recorder in recorders)
    assert [row[:4] for row in cpu] == [row[:4] for row in gpu]
    np.testing.assert_allclose([row[4] for row in gpu], [row[4] for row in cpu], rtol=1e-3)


def test_a_poisoned_batch_is_noticed_late_and_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned: list[int] = []

    class Poisoned(Trainer):
        def _feed(self, batch: Any) -> None:
            super()._feed(batch)
            if self.place.step == 7 and not poisoned:
                poisoned.append(7)
                self._arrays["data.output"] = np.full((64, 4, 4, 1), np.nan)

    what = network(epochs=12, checkpoint_every=3)
    for name in ("whole", "poisoned"):
        (tmp_path / name).mkdir()
        save_pictures(tmp_path / name)
    _, whole = run_training(tmp_path / "whole", what, Recorder(), device="cuda:0")
    monkeypatch.setattr("engine.training.run.Trainer", Poisoned)
    recorder = Recorder()
    outcome, run = run_training(tmp_path / "poisoned", what, recorder, device="cuda:0")
    assert outcome == "finished"
    assert [step <= 7 for step, _ in recorder.rewinds] == [True]
    assert fingerprint(run) == fingerprint(whole)


def test_a_set_that_is_streamed_is_learned_as_one_that_lies_on_the_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit for bit, crops and colours included."""
    what = network()
    what = replace(what, data=replace(what.data, border=1, random_crop=True, mirror=True, colour_noise=0.2))
    prints = []
    for share in (gpu_loader.SHARE, 0.0):
        monkeypatch.setattr(gpu_loader, "SHARE", share)
        folder = tmp_path / str(share)
        folder.mkdir()
        save_pictures(folder)
        _, run = run_training(folder, what, Recorder(), device="cuda:0")
        prints.append(fingerprint(run))
    assert prints[0] == prints[1]


def test_a_run_may_move_from_the_cpu_to_a_gpu_and_is_told_what_that_means(tmp_path: Path) -> None:
    save_pictures(tmp_path)
    _, run = run_training(tmp_path, network(), stop_at(3))
    recorder = Recorder()
    outcome, _ = run_training(tmp_path, network(), recorder, run, device="cuda:0")
    assert outcome == "finished"
    assert any("device cpu → cuda" in text for level, text in recorder.lines if level == "warning")
