"""``python -m studio.bench_live``: figures of real trainings that the studio watches, as a line of JSON.

Whether watching costs a training anything is seen within it: the studio looks, and looks away, by turns. The
training process alone counts; its engine is on the same core, and costs it what it drives from the caches.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psutil

from engine.graph.examples import load_example
from engine.graph.network_file import NetworkFile, dumps
from engine.protocol.client import Client
from engine.protocol.internal import StartRun
from engine.protocol.launch import LaunchedEngine, launch
from engine.protocol.messages import Stop
from studio.app import Studio
from studio.bench_turns import Meter, Spent, cost_by_turns, kept_awake, mean_and_spread, pinned
from studio.qt.application import Application

EPOCHS = 10
ENDLESS = 100_000
"""Epochs of the training that is looked at by turns; it is stopped long before."""

TURNS = 12
"""That the studio looks, and looks away, in each pair."""

WARM_UP = 3.0  # s of training until the first turn: snapshots are dense at the beginning
CHANGE = 0.5  # s that the studio takes until it is at rest, once it is caught up, or has looked away
SETTLE = 2.0  # s that the last filters may take


def network(epochs: int) -> NetworkFile:
    """Return what is trained: the digits; their steps are short, so that what comes beside weighs most."""
    example = load_example("digits")
    return dataclasses.replace(example, training=dataclasses.replace(example.training, epochs=epochs))


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


def watching_costs(application: Application, pairs: int, folder: Path) -> list[float]:
    """Look at trainings and away from them by turns; return by how much more a step takes, as fractions.

    Each pair has a training of its own: what there is to be told at a look grows with what was trained.
    """
    studio = shown_studio()
    costs: list[float] = []
    with kept_awake(1):
        for number in range(pairs):
            with _training(folder / str(number), studio) as launched:
                take_turn = _turns(application, studio, launched)
                costs.append(cost_by_turns(take_turn, TURNS, begins_with=number % 2 == 0))
            _tell(costs, pairs)
    studio.leave()
    return costs


@contextmanager
def _training(folder: Path, studio: Studio) -> Iterator[LaunchedEngine]:
    """Train on the first core; at last have the studio look away, which would keep the engine, and stop."""
    with pinned(0):
        launched = launch(StartRun(dumps(network(ENDLESS)), "bench", str(folder), str(folder), "cpu", 0.0))
    try:
        yield launched
    finally:
        studio.run.detach()
        with Client(launched.connection, launched.process) as client:
            client.connect()
            client.request(Stop())
        launched.process.wait()


def _turns(application: Application, studio: Studio, launched: LaunchedEngine) -> Callable[[bool], Spent]:
    """Return what lets a turn pass, with the studio looking at the training or not."""

    def rest() -> None:
        application.process_events()
        time.sleep(0.002)

    engine = psutil.Process(launched.process.pid)
    while not (workers := list(filter(_is_worker, engine.children(recursive=True)))):
        rest()
    meter = Meter(launched.connection.parent / "run.sqlite", workers[0].pid, rest)
    meter.read()  # it has begun
    meter.pass_time(WARM_UP)
    last, has_looked = meter.read(), False

    def take_turn(looks: bool) -> Spent:
        nonlocal last, has_looked
        if looks != has_looked:
            studio.run.attach(launched.connection) if looks else studio.run.detach()
            while looks and not studio.run.is_caught_up:  # what was before the turn is not of it
                rest()
            meter.pass_time(CHANGE)
            last, has_looked = meter.read(), looks
        meter.pass_time()
        now = meter.read()
        spent, last = now - last, now
        return spent

    return take_turn


def _tell(costs: list[float], pairs: int) -> None:
    mean, spread = mean_and_spread(costs)
    line = f"pair {len(costs)} of {pairs}: {costs[-1]:+.2%}; mean {mean:+.2%} ± {spread:.2%}"
    print(line, file=sys.stderr, flush=True)


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
    with pinned(0):
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
    with pinned(1):  # before Qt has threads
        measure(parser.parse_args().pairs)
    return 0


def measure(pairs: int) -> None:
    """Measure, and print the figures; how far it is goes to the standard error output."""
    application = Application(offscreen=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CONVNET_RUNS"] = folder
        latencies = filter_latencies(application)
        more = watching_costs(application, pairs, Path(folder))
    more_mean, spread = mean_and_spread(more)
    figures = {
        "more, mean": more_mean,
        "more, half of the 95 % interval": spread,
        "pairs": len(more),
        "filters, median": median(latencies),
        "filters, max": max(latencies),
        "snapshots": len(latencies),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    sys.exit(main())
