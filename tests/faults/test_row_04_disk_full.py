"""On a full disk training goes on, what was kept stays, and it is shown; and then all is as before."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine import checkpoint
from engine.protocol.client import Client
from engine.protocol.messages import CheckpointKept, CheckpointNow, Entry, LogLine, MetricRow, Stop
from tests.faults.outcome import Outcome
from tests.supervisor.engines import entries_until, has_ended, heartbeat_where, running

ROW, FAULT, FULL = "4", "disk full", 3
SECONDS = 2.0
"""s until it is shown, at most."""


def can_mount() -> bool:
    """Whether this process may mount a small disk."""
    return sys.platform == "linux" and os.geteuid() == 0 and shutil.which("mount") is not None


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk of 4 MB."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave no byte free; return the file that takes all."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass
    return filler


def body(count: int, folder: Path) -> Outcome:
    """Fill the disk of a run ``count`` times and make room again; no row and no checkpoint may be lost."""
    survived, slowest = 0, 0.0
    with (
        small_disk(folder / "disk") as disk,
        running(disk / "run", "steps 10000000") as engine,
        Client(engine.connection) as client,
    ):
        client.connect()
        client.attach()
        entries = entries_until(client, lambda entry: isinstance(entry, CheckpointKept))
        for _ in range(count):
            filler = fill(disk)
            begun = time.monotonic()
            client.request(CheckpointNow())
            heartbeat_where(client, lambda beat: beat.problem is not None, entries=entries)
            slowest = max(slowest, time.monotonic() - begun)
            found = checkpoint.find_latest(disk / "run" / "checkpoints")
            left_over = list((disk / "run" / "checkpoints").glob(".*.part"))
            step = heartbeat_where(client, lambda beat: beat.progress is not None, entries=entries).progress
            later = heartbeat_where(
                client,
                lambda beat, step=step: beat.progress is not None and beat.progress.step > step.step,
                entries=entries,
            )
            filler.unlink()
            heartbeat_where(client, lambda beat: beat.problem is None, entries=entries)
            reached = later.progress.step if later.progress else 0
            entries += entries_until(client, is_kept_after(reached))
            survived += found is not None and not found.damaged and not left_over
        client.request(Stop())
        entries += entries_until(client, has_ended)
    steps = [entry.step for entry in entries if isinstance(entry, MetricRow)]
    whole = steps == list(range(1, len(steps) + 1))
    errors = [entry.text for entry in entries if isinstance(entry, LogLine) and entry.level == "error"]
    told = any("No space left" in text for text in errors)
    return Outcome(
        count,
        survived,
        f"0 lost; shown ≤ {SECONDS:g} s; temporary files removed",
        f"shown after {slowest:.1f} s; {len(steps)} rows, {'no' if whole else 'a'} gap",
        slowest <= SECONDS and whole and told,
    )


def is_kept_after(step: int):  # type: ignore[no-untyped-def]
    def holds(entry: Entry) -> bool:
        return isinstance(entry, CheckpointKept) and entry.step > step

    return holds


@pytest.mark.skipif(not can_mount(), reason="only root may mount a small disk")
def test_a_full_disk_is_shown_and_costs_nothing(tmp_path: Path) -> None:
    assert body(1, tmp_path).holds
