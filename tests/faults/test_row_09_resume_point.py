"""A training that is stopped after any batch goes on bit for bit to the same end, whatever the threads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from engine.training.run import train
from tests.faults.killing import context, kill_after
from tests.faults.outcome import Outcome
from tests.training.running import (
    Recorder,
    fingerprint,
    last_checkpoint,
    make_run,
    network,
    run_training,
    save_pictures,
    stop_at,
)

ROW, FAULT, FULL = "9", "stop at every batch of 2 epochs", 50
BATCH = 4
"""An epoch of 100 pictures has 25 batches of these."""


def other_threads(folder: str, begun: Any) -> None:
    """Train from the start, with three threads in place of this machine's number."""
    os.environ.update(CONVNET_THREADS="3", OPENBLAS_NUM_THREADS="3")
    begun.value = 1
    what = network(batch_size=BATCH, epochs=2)
    train(what, Path(folder), make_run(Path(folder), what), device="cpu", observer=Recorder())


def body(count: int, folder: Path) -> Outcome:
    """Stop at ``count`` batches of the 50, evenly spread; compare weights, velocities, sums and figures."""
    what = network(batch_size=BATCH, epochs=2)
    for name in ("whole", "threads"):
        (folder / name).mkdir()
        save_pictures(folder / name)
    whole = Recorder()
    _, undisturbed = run_training(folder / "whole", what, whole)
    expected = fingerprint(undisturbed)
    survived = 0
    for number in range(count):
        step = 1 + number * FULL // count
        path = folder / str(step)
        path.mkdir()
        save_pictures(path)
        before, after = stop_at(step), Recorder()
        _, run = run_training(path, what, before)
        stopped = last_checkpoint(run).step
        run_training(path, what, after, run)
        same = fingerprint(run) == expected and before.figures() + after.figures() == whole.figures()
        survived += same and stopped == step
    ended = kill_after(other_threads, (str(folder / "threads"),), context.RawValue("b"), 60.0) == 0
    run = type(undisturbed).open(folder / "threads" / "run")
    equal = ended and fingerprint(run) == expected
    told = "equal" if equal else "NOT equal"
    return Outcome(
        count, survived, "tolerance 0, any thread count", f"{survived} equal; 3 threads {told}", equal
    )


def test_a_stop_at_any_batch_changes_nothing(tmp_path: Path) -> None:
    assert body(5, tmp_path).holds
