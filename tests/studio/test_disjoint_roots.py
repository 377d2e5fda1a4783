"""Studio and engine with no folder in common: all that the studio shows came through the protocol."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
import pytest

from engine.graph.examples import load_example
from engine.graph.network_file import dumps
from engine.store.snapshots import SnapshotStore
from tests.studio.watching_studio import Shown

ROOT = Path(__file__).parents[2]
FENCE = Path(__file__).parent / "fence"


def environment(own: Path, other: Path) -> dict[str, str]:
    """All of a process's folders in its ``own``; it cannot open what is in the ``other``."""
    folders = {f"XDG_{kind}_HOME": str(own / kind) for kind in ("DATA", "STATE", "CONFIG", "CACHE")}
    fence = {"PYTHONPATH": os.pathsep.join((str(FENCE), str(ROOT))), "FENCED": str(other)}
    return {**os.environ, **folders, **fence, "HOME": str(own), "CONVNET_RUNS": str(own / "runs")}


@contextmanager
def training(own: Path, other: Path) -> Iterator[Path]:
    """Train the digits in the engine's folder; yields the run folder. Leaves no process behind."""
    network = own / "digits.convnet"
    network.write_text(dumps(load_example("digits")), encoding="utf-8")
    run = own / "run"
    command = [sys.executable, "-m", "engine.cli", "train", str(network), "--epochs", "2000"]
    # A core is left for the studio to start on.
    variables = environment(own, other) | {"CONVNET_THREADS": "1"}
    process = subprocess.Popen(
        [*command, "--run-folder", str(run)], cwd=own, env=variables, stdout=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while not (run / "connection.json").exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield run
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def test_a_studio_that_cannot_open_the_engines_folder_shows_all_of_the_run(tmp_path: Path) -> None:
    engines, studios = tmp_path / "engine", tmp_path / "studio"
    engines.mkdir()
    studios.mkdir()
    with training(engines, studios) as run:
        # As docs/security.md has it: the file is copied by hand.
        connection = Path(shutil.copy(run / "connection.json", studios))
        done = subprocess.run(
            [sys.executable, "-m", "tests.studio.watching_studio", str(connection), str(engines)],
            cwd=studios,
            env=environment(studios, engines),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
    shown = msgspec.json.decode(done.stdout.splitlines()[-1], type=Shown)
    assert (shown.state, shown.name) == ("stopped", "digits")
    assert shown.network == (run / "network.convnet").read_text(encoding="utf-8")
    assert shown.epoch.endswith(" of 2,000")
    with sqlite3.connect(run / "run.sqlite") as journal:
        rows = journal.execute("SELECT step, loss FROM curve WHERE split = 'train' ORDER BY sequence")
        steps, losses = zip(*rows, strict=True)
        (lines,) = journal.execute("SELECT count(*) FROM event WHERE kind = 'LogLine'").fetchone()
    assert shown.steps == list(steps)
    np.testing.assert_allclose(shown.losses, losses)
    assert shown.log > lines > 0  # the studio's log has the states too
    assert shown.devices >= 1
    store = SnapshotStore(run / "snapshots")
    assert shown.snapshots == store.steps()
    kept = store.read(shown.filters.step, f"{shown.filters.layer}.{shown.filters.weight}")
    assert kept.astype("<f4").tobytes() == shown.filters.data


@pytest.mark.parametrize("what", ["open(f'{path}/file')", "os.listdir(path)", "sqlite3.connect(f'{path}/a')"])
def test_the_fence_holds(tmp_path: Path, what: str) -> None:
    code = f"import os, sqlite3; path = {str(tmp_path)!r}; {what}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(Path("/elsewhere"), tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "beyond the fence" in done.stderr
