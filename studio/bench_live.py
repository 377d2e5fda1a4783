"""``python -m studio.bench_live``: figures of real trainings that the studio watches, as a line of JSON.

Whether watching costs the training anything is seen within one training: the studio looks, and looks away,
by turns, and the training process's own processor time for each step is held against that of the turn beside
it. What else the machine does, and how fast it just is, then weighs on both alike.
"""

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
from engine.protocol.client import Client
from engine.protocol.internal import StartRun
from engine.protocol.launch import launch
from engine.protocol.messages import Entries, MetricRow, Stop
from engine.protocol.processes import processor_seconds
from studio.app import Studio
from studio.qt.application import Application

EPOCHS = 10
ENDLESS = 100_000
"""Epochs of the training that is looked at by turns; it is stopped long before."""

TURN = 1.5  # s that the studio looks, or looks away
WARM_UP = 4.0  # s until the first turn: snapshots are dense at the beginning
SETTLE = 2.0  # s that the last filters may take


def network(epochs: int) -> NetworkFile:
    """Return what is trained: the digits; their steps are short, so that what comes beside weighs most."""
    example = load_example("digits")
    return dataclasses.replace(example, training=dataclasses.replace(example.training, epochs=epochs))


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


class Steps:
    """A client of its own that counts the training's steps, however much the studio looks."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.step = 0

    def follow(self) -> bool:
        """Take in what has come; return whether the step is another one."""
        before = self.step
        while (event := self._client.poll(0.0)) is not None:
            rows = event.entries if isinstance(event, Entries) else ()
            self.step = max([self.step, *(row.step for row in rows if isinstance(row, MetricRow))])
        return self.step > before


def shown_studio() -> Studio:
    """Return a studio in the workspace *Train*, with all its panels: curves, filters, devices, log."""
    from studio.app import build

    studio = build()
    studio.document.new(network(EPOCHS), "bench.convnet")
    studio.window.resize(1366, 768)
    studio.window.show_workspace("training")
    studio.window.show()
    studio.train_view.prepare()
    return studio


def watching_cost(application: Application, pairs: int, folder: Path) -> list[float]:
    """Look at one training and away from it by turns; return by how much more a step takes, as fractions.

    There is one number for each pair of turns, after their order is reversed from pair to pair.
    """
    with on_core(0):
        order = StartRun(dumps(network(ENDLESS)), "bench", str(folder), str(folder / "run"), "cpu", 0.0)
        launched = launch(order)
    studio = shown_studio()
    with on_core(1), Client(launched.connection, launched.process) as client:
        client.connect()
        client.attach()
        steps = Steps(client)
        _turn(application, steps, WARM_UP)
        worker = next(filter(_is_worker, psutil.Process(launched.process.pid).children(recursive=True)))
        costs: list[tuple[float, float]] = []
        for number in range(pairs):
            taken: dict[bool, float] = {}
            for looks in (number % 2 == 0, number % 2 == 1):
                if looks:
                    studio.run.attach(launched.connection)
                else:
                    studio.run.detach()
                _turn(application, steps, TURN / 5)
                taken[looks] = _step_seconds(application, steps, worker)
            costs.append((taken[True], taken[False]))
        studio.run.detach()
        client.request(Stop())
    launched.process.wait()
    studio.leave()
    return [watched / alone - 1 for watched, alone in costs]


def _step_seconds(application: Application, steps: Steps, worker: psutil.Process) -> float:
    """Return the training process's processor time for a step, over a turn."""
    before, begun = processor_seconds(worker.pid), steps.step
    _turn(application, steps, TURN)
    return (processor_seconds(worker.pid) - before) / (steps.step - begun)


def _turn(application: Application, steps: Steps, seconds: float) -> None:
    """Let the studio work for so long, and until a step is told of, so that turns begin and end with one."""
    deadline = time.perf_counter() + seconds
    is_new = False
    while time.perf_counter() < deadline or not is_new:
        application.process_events()
        is_new = steps.follow()
        time.sleep(0.002)


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "engine.worker" in process.cmdline()
    except psutil.Error:  # it has ended
        return False


def filter_latencies(application: Application) -> list[float]:
    """Train with the studio watching; return the times from the news of a snapshot to its pixels, in s."""
    studio = shown_studio()
    view, run = studio.train_view.prepare(), studio.run
    told: dict[int, float] = {}
    latencies: list[float] = []

    def note() -> None:
        for step in run.record.snapshots[-1:]:
            told.setdefault(step, time.perf_counter())

    run.snapshots_added.connect(note)
    with on_core(0):
        studio.window.start_training()
        while run.record.run_folder is None and not run.state.ended:
            application.process_events()
    ended = 0.0
    looked: int | None = None
    pixels = b""
    while not ended or time.monotonic() - ended < SETTLE:
        application.process_events()
        shown = view.filter_model.shown
        if shown is not None and shown.step != looked and shown.step in told:
            looked, before = shown.step, pixels
            pixels = bytes(view.filters.mosaic.grab().toImage().constBits())
            if pixels != before:
                latencies.append(time.perf_counter() - told[looked])
        if run.state.ended and not ended:
            ended = time.monotonic()
        time.sleep(0.005)
    studio.leave()
    return latencies


def main() -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=20)
    given = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = Application(offscreen=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CONVNET_RUNS"] = folder
        latencies = filter_latencies(application)
        more = watching_cost(application, given.pairs, Path(folder))
    spread = 1.96 * stdev(more) / sqrt(len(more)) if len(more) > 1 else 0.0
    figures = {
        "more, mean": mean(more),
        "more, half of the 95 % interval": spread,
        "pairs": len(more),
        "filters, median": median(latencies),
        "filters, max": max(latencies),
        "snapshots": len(latencies),
    }
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
