"""``python -m studio.bench``: figures of the dashboard, drawn into memory, as one line of JSON.

An engine that is played here sends what a training would, at the rate that is asked for.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import numpy as np
import psutil

from engine.graph.examples import load_example
from engine.protocol.codec import encode, engine_frames
from engine.protocol.messages import (
    Device,
    Entries,
    Entry,
    Heartbeat,
    LogLine,
    MetricRow,
    Progress,
    Request,
    RunState,
    StateChanged,
    Welcome,
)
from studio.models.metrics import MOST_POINTS
from studio.services.link import Arrival, TrainingOrder

FRAME = 1 / 60
"""Seconds between two frames."""

STEPS = 10_000_000
"""Steps of the training that is played."""

FILLED = 16_384
"""Rows that are given at once to fill tables."""

SOAK_LOOKS = 180
"""How often memory is looked at in a soak."""

WARM_UP = 1.0


class PlayedLink:
    """A link on which a training is played; takes requests, and answers none."""

    def __init__(self) -> None:
        self._arrivals: list[Arrival] = [Welcome(1, "", "0" * 32, "/played", "played", RunState.TRAINING)]
        self._tickets = count(1)
        self.sequence = 0
        self.say([StateChanged(0.0, RunState.TRAINING)])

    def say(self, entries: list[Entry]) -> None:
        """Send entries, and how far the training is."""
        frame = encode(Entries(self.sequence + 1, tuple(entries)))  # through the codec, as from an engine
        message = engine_frames.decode(frame)
        assert isinstance(message, Entries)
        self._arrivals.append(message)
        self.sequence += len(entries)
        progress = Progress(self.sequence, STEPS, 0, 1000.0, 60.0, 20)
        device = Device("CPU", "cpu", 50.0, (50.0, 50.0), 10**9, 10**10, None, None)
        self._arrivals.append(Heartbeat(1, RunState.TRAINING, True, progress, self.sequence, (device,)))

    def ask(self, request: Request) -> int:
        """Take a request."""
        return next(self._tickets)

    def drain(self) -> list[Arrival]:
        """Return what was said."""
        arrivals, self._arrivals = self._arrivals, []
        return arrivals

    def close(self, *, dismiss: bool = False) -> None:
        """Nothing more is said."""

    def kill(self) -> None:
        """Nothing more is said."""


class PlayedEngines:
    """Starts the one link that is played."""

    def __init__(self) -> None:
        self.link = PlayedLink()

    def start(self, order: TrainingOrder) -> PlayedLink:
        """Return the link."""
        return self.link

    def resume(self, run_id: str, run_folder: str) -> PlayedLink:
        """Return the link."""
        return self.link

    def serve(self, run_folder: str) -> PlayedLink:
        """Return the link."""
        return self.link

    def attach(self, connection: Path) -> PlayedLink:
        """Return the link."""
        return self.link


def row(step: int) -> MetricRow:
    """Return a row as a training would give it."""
    loss = 2.0 / (1 + step / 1000) + 0.1 * float(np.sin(step))
    return MetricRow(step, step // 1000, step * 64, step / 1000, "train", loss, min(loss / 2, 1.0), 0.01)


class Stage:
    """The training workspace with four plots, on a training that is played."""

    def __init__(self) -> None:
        from studio.models.document import Document
        from studio.models.examination import ExaminationModel
        from studio.models.run import RunModel
        from studio.models.selection import Selection
        from studio.qt.application import Application
        from studio.qt.train_workspace import TrainWorkspace

        self.application = Application(offscreen=True)
        document = Document()
        document.new(load_example("shapes"), "shapes.convnet")
        engines = PlayedEngines()
        self.run, self.link = RunModel(engines), engines.link
        examination = ExaminationModel(_Silent(), self.run)
        self.view = TrainWorkspace(document, Selection(document), self.run, examination)
        self.view.resize(1040, 680)
        self.view.show()
        self.view.curves.more_button.setChecked(True)
        self.run.train(document)
        self.turn()

    def turn(self) -> tuple[float, float]:
        """Deliver what has arrived and draw; return how long that took, and of the processor's time, in s."""
        began, worked = time.perf_counter(), time.thread_time()
        self.run.update()
        self.application.process_events()
        return time.perf_counter() - began, time.thread_time() - worked

    def play(self, seconds: float, rate: float) -> list[tuple[float, float]]:
        """Play a training of so many events a second; return what each frame took, as ``turn`` does."""
        frames: list[tuple[float, float]] = []
        began = time.perf_counter()
        step = first = self.link.sequence
        while (passed := time.perf_counter() - began) < seconds:
            due = first + int(passed * rate)
            if due > step:
                self.link.say([row(number) for number in range(step, due)])
                step = due
            frames.append(self.turn())
            time.sleep(max(0.0, FRAME - frames[-1][0]))
        return frames

    def fill(self) -> None:
        """Give as many rows as are kept to be drawn, so that memory has grown as far as it does."""
        for _ in range(0, 2 * MOST_POINTS, FILLED):
            first = self.link.sequence
            self.link.say([row(step) for step in range(first, first + FILLED)])
            self.turn()

    def soak(self, minutes: float, rate: float) -> dict[str, float]:
        """Play on and on; return by how much memory, descriptors and threads grew after the first sixth."""
        process, looks = psutil.Process(), []
        for _ in range(SOAK_LOOKS):
            self.play(60 * minutes / SOAK_LOOKS, rate)
            self.link.say([LogLine(time.time(), "info", f"step {self.link.sequence}")])
            looks.append((process.memory_info().rss, process.num_fds(), process.num_threads()))
        sixth = SOAK_LOOKS // 6
        settled, last = (np.median(part, axis=0) for part in (looks[sixth : 2 * sixth], looks[-sixth:]))
        grown = (last - settled).tolist()
        names = ("memory growth, bytes", "descriptors more", "threads more")
        return dict(zip(names, grown, strict=True)) | {"minutes": minutes, "steps": float(self.link.sequence)}


class _Silent:
    def ask(self, request: object, then: Callable[[object], None]) -> None:
        pass

    def cancel(self) -> None:
        pass


def measure(seconds: float, rounds: int, rate: float) -> dict[str, float]:
    """Return all figures, times in s."""
    stage = Stage()
    stage.play(WARM_UP, rate)
    process = psutil.Process()
    played = [np.array(stage.play(seconds, rate)) for _ in range(rounds)]
    stage.fill()
    stage.play(WARM_UP, rate)
    memory, descriptors, threads = process.memory_info().rss, process.num_fds(), process.num_threads()
    stage.play(seconds * rounds, rate)
    return {
        "frame p99": min(float(np.quantile(frames[:, 0], 0.99)) for frames in played),
        "frame p99, processor": min(float(np.quantile(frames[:, 1], 0.99)) for frames in played),
        "frame max": min(float(frames[:, 0].max()) for frames in played),
        "frame max, processor": min(float(frames[:, 1].max()) for frames in played),
        "memory growth, bytes": process.memory_info().rss - memory,
        "seconds played": seconds * rounds,
        "descriptors more": process.num_fds() - descriptors,
        "threads more": process.num_threads() - threads,
    }


def main() -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=float, default=1000.0)
    parser.add_argument("--minutes", type=float, default=0.0, help="only play, and look at memory")
    given = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if given.minutes:
        figures = Stage().soak(given.minutes, given.rate)
    else:
        figures = measure(given.seconds, given.rounds, given.rate)
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
