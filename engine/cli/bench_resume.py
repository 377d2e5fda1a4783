"""``convnet bench resume``: whether a training that was stopped is the one that never was."""

from __future__ import annotations

import dataclasses
import hashlib
import random
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from engine.checkpoint import load_latest
from engine.cli.in_process import Watcher, run_in
from engine.graph.examples import load_example
from engine.store.run_folder import RunFolder


def resume(stops: int, epochs: int, seed: int) -> bool:
    """Print a line for each stop; return whether all weights and figures are equal."""
    example = load_example("digits")
    network = dataclasses.replace(example, training=dataclasses.replace(example.training, epochs=epochs))
    table = Table("stopped after step", "sha256 of all arrays", "weights", "figures", box=None)
    with tempfile.TemporaryDirectory() as folder:
        run, whole = run_in(Path(folder, "undisturbed"), network)
        expected = _fingerprint(run)
        table.add_row("never", expected, "", "")
        sames: list[bool] = []
        for step in sorted(random.Random(seed).sample(range(1, whole.step), min(stops, whole.step - 1))):
            path = Path(folder, f"stopped-{step}")
            _, before = run_in(path, network, stop_at=step)
            run, after = run_in(path, network)
            found = _fingerprint(run)
            same = found == expected, _figures(before) + _figures(after) == _figures(whole)
            table.add_row(
                f"{step} of {whole.step}", found, *("equal" if is_it else "NOT equal" for is_it in same)
            )
            sames += same
    Console(width=120).print(table)
    return all(sames)


def _fingerprint(run: RunFolder) -> str:
    """Return the sha256 of all arrays of a run's last checkpoint."""
    state = load_latest(run.checkpoints)
    digest = hashlib.sha256()
    if state is not None:
        for name in sorted(state.tensors):
            digest.update(name.encode() + state.tensors[name].tobytes())
    return digest.hexdigest()


def _figures(watcher: Watcher) -> list[tuple[Any, ...]]:
    """Return a training's rows but for the time that they took."""
    return [(row.step, row.split, row.loss, row.error, row.learning_rate) for row in watcher.rows]
