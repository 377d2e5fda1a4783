"""``python -m studio.bench_live``: figures of real trainings that the studio watches, as a line of JSON."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import sqrt
from pathlib import Path
from statistics import mean, median, stdev

import psutil

from engine.graph.examples import load_example
from engine.graph.network_file import NetworkFile, dumps
from engine.protocol.internal import StartRun
from engine.protocol.launch import launch
from studio.qt.application import Application

EPOCHS = 10
LOOK_EVERY = 0.02  # s between two looks at the worker's time
SETTLE = 2.0  # s that the last filters may take


def network() -> NetworkFile:
    """Return what is trained: the digits, some seconds long."""
    example = load_example("digits")
    return dataclasses.replace(example, training=dataclasses.replace(example.training, epochs=EPOCHS))


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Start what is started here on one core, where that can be asked for."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[core % len(before)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class WorkerTime:
    """The processor time of the training process below another, as of the last look."""

    def __init__(self) -> None:
        self._worker: psutil.Process | None = None
        self.seconds = 0.0

    def look(self, parent: psutil.Process) -> bool:
        """Look; return whether it is there, or is yet to come."""
        try:
            if self._worker is None:
                self._worker = next(filter(_is_worker, parent.children(True)), None)
                return self._worker is not None or parent.is_running()
            times = self._worker.cpu_times()
            if self._worker.status() == psutil.STATUS_ZOMBIE:
                return False
            self.seconds = times.user + times.system
        except psutil.Error:
            return False
        return True


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "engine.worker" in process.cmdline()
    except psutil.Error:  # it has ended
        return False


def alone(folder: Path) -> float:
    """Train without anyone looking; return the training process's time, in s."""
    with on_core(0):
        order = StartRun(dumps(network()), "bench", str(folder), str(folder / "run"), "cpu", 0.0)
        launched = launch(order)
    worker = WorkerTime()
    engine = psutil.Process(launched.process.pid)
    while worker.look(engine):
        time.sleep(LOOK_EVERY)
    launched.process.wait()
    return worker.seconds


def watched(application: Application) -> tuple[float, list[float]]:
    """Train with the studio's panels open; return the training process's time, and latencies, in s.

    A latency is that from the news of a snapshot to its filters' pixels in the window.
    """
    from studio.app import build

    studio = build()
    studio.document.new(network(), "bench.convnet")
    studio.window.resize(1366, 768)
    studio.window.show_workspace("training")
    studio.window.show()
    view = studio.train_view.prepare()
    told: dict[int, float] = {}
    latencies: list[float] = []
    run = studio.run

    def note() -> None:
        for step in run.record.snapshots[-1:]:
            told.setdefault(step, time.perf_counter())

    run.snapshots_added.connect(note)
    with on_core(0):
        studio.window.start_training()
        while studio.run.record.run_folder is None and not studio.run.state.ended:
            application.process_events()
    worker, engine, ended = WorkerTime(), psutil.Process(), 0.0
    looked: int | None = None
    pixels = b""
    while not ended or time.monotonic() - ended < SETTLE:
        application.process_events()
        worker.look(engine)
        shown = view.filter_model.shown
        if shown is not None and shown.step != looked and shown.step in told:
            looked, before = shown.step, pixels
            pixels = bytes(view.filters.mosaic.grab().toImage().constBits())
            if pixels != before:
                latencies.append(time.perf_counter() - told[looked])
        if studio.run.state.ended and not ended:
            ended = time.monotonic()
        time.sleep(0.005)
    studio.leave()
    return worker.seconds, latencies


def main() -> int:
    """Measure one training, or pairs of them, and print; returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=1)
    given = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = Application(offscreen=True)
    ratios: list[float] = []
    latencies: list[float] = []
    for _ in range(given.pairs):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["CONVNET_RUNS"] = folder
            without = alone(Path(folder))
            seconds, found = watched(application)
        ratios.append(seconds / without - 1)
        latencies += found
    spread = 1.96 * stdev(ratios) / sqrt(len(ratios)) if len(ratios) > 1 else 0.0
    figures = {
        "more, mean": mean(ratios),
        "more, half of the 95 % interval": spread,
        "pairs": len(ratios),
        "filters, median": median(latencies),
        "filters, max": max(latencies),
        "snapshots": len(latencies),
    }
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
