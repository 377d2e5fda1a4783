"""``python -m studio.bench_open RUN``: how long it takes to open a long run, as a line of JSON, times in s.

A real engine serves the run folder; the whole studio follows it, drawn into memory with four plots.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from statistics import median

from engine.protocol.internal import ServeRun
from engine.protocol.launch import launch
from studio.app import Studio
from studio.qt.application import Application

TIMES = 3
REDRAWN = 20
PATIENCE = 60.0
LINGER = 10.0
SETTLE = 1.0  # s in which all is drawn


class Opening:
    """The studio's *Train* workspace, with four plots, before a run is opened in it."""

    def __init__(self, application: Application, run_folder: str) -> None:
        from studio.app import build, make_ready

        self._application, self._folder = application, run_folder
        self.studio: Studio = build()
        self.studio.window.resize(1366, 768)
        self.studio.window.show_workspace("training")
        self.studio.window.show()
        make_ready(self.studio)
        self.curves = self.studio.train_view.prepare().curves
        self.curves.more_button.setChecked(True)
        application.process_events()
        self.longest = 0.0

    def wait_for(self, holds: Callable[[], bool]) -> None:
        """Let the studio work until something holds; keep how long it was busy in one go at most."""
        deadline = time.perf_counter() + PATIENCE
        while not holds():
            if time.perf_counter() > deadline:
                raise TimeoutError
            began = time.thread_time()
            self._application.process_events()
            self.longest = max(self.longest, time.thread_time() - began)
            time.sleep(0.002)

    def at_first(self) -> None:
        """Open the run and let the studio draw it when it does, in an empty window, as a person would."""
        launched = launch(ServeRun(self._folder, LINGER))
        self.studio.run.attach(launched.connection)
        self.wait_for(lambda: self.rows() > 0)
        settled = time.perf_counter() + SETTLE
        self.wait_for(lambda: time.perf_counter() > settled)
        self.studio.run.detach()
        launched.process.wait()

    def of_engine(self) -> dict[str, float]:
        """Open the run of an engine that is there; then look closely at a hundredth of it."""
        launched = launch(ServeRun(self._folder, LINGER))
        run, worked = self.studio.run, time.thread_time()
        began = time.perf_counter()
        run.attach(launched.connection)
        self._draw_once_there()
        opened, worked = time.perf_counter() - began, time.thread_time() - worked
        figures = {
            "opened": opened,
            "processor": worked,
            "rows": self.rows(),
            **self._redrawn(),
            **self._zoomed(),
        }
        run.detach()
        launched.process.wait()
        return figures

    def with_engine(self) -> float:
        """Open the run as from the drawer of runs: an engine is started, too."""
        engines = self.studio.engines
        self.wait_for(lambda: not any(found.run_folder == self._folder for found in engines.running()))
        began = time.perf_counter()
        self.studio.run.watch(engines, lambda: engines.serve(self._folder))
        self._draw_once_there()
        opened = time.perf_counter() - began
        self.studio.run.detach()
        return opened

    def rows(self) -> float:
        """Return how many rows the points stand for."""
        return float(self.studio.run.record.metrics["train"].column("rows").sum())

    def _draw_once_there(self) -> None:
        self.wait_for(lambda: self.rows() > 0)
        self.curves.refresh()
        self.curves.grab()

    def _redrawn(self) -> dict[str, float]:
        times = []
        for _ in range(REDRAWN):
            began = time.perf_counter()
            self.curves.refresh()
            self.curves.grab()
            times.append(time.perf_counter() - began)
        return {"redrawn": median(times)}

    def _zoomed(self) -> dict[str, float]:
        came: list[bool] = []
        self.curves.closer.connect(lambda: came.append(True))
        end = self.curves.plots["loss"].getViewBox().viewRange()[0][1]
        began = time.perf_counter()
        self.curves.show_places((0.50 * end, 0.51 * end))
        self.wait_for(lambda: bool(came))
        self.curves.refresh()
        self.curves.grab()
        zoomed = time.perf_counter() - began
        self.curves.show_places(None)
        return {"zoomed": zoomed}


def main() -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    given = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    opening = Opening(Application(offscreen=True), given.run)
    opening.at_first()
    found = [opening.of_engine() for _ in range(TIMES)]
    figures = {name: min(figure[name] for figure in found) for name in found[0]}
    figures["with its engine's start"] = min(opening.with_engine() for _ in range(TIMES))
    figures["longest, processor"] = opening.longest
    opening.studio.leave()
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
