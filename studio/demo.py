"""The main job by one command: train an example in the studio, with or without a screen."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from engine.graph.examples import load_example
from studio.app import Studio, build
from studio.models.readings import duration, percent, three_digits
from studio.models.run_state import RunState

if TYPE_CHECKING:
    from studio.models.run import RunModel
    from studio.qt.application import Application

ON_SCREEN: Final = "shapes"
OFF_SCREEN: Final = "digits"
"""Examples: a showing one to look at, and a quick one of real pictures where nobody looks."""

BETWEEN_LINES: Final = 3.0
"""Seconds between two lines of progress where the output is no terminal."""

SETTLING: Final = 5.0
"""Seconds that the last filters may take until they are shown."""


def run_demo() -> int:
    """Train an example; return the exit code."""
    from studio.qt.application import Application, has_screen

    if has_screen():
        return _run_on_screen(Application())
    print("No screen here: the studio draws into memory, and the progress is told in this terminal.")
    return _run_off_screen(Application(offscreen=True))


def _run_on_screen(application: Application) -> int:
    studio = build()
    studio.document.new(load_example(ON_SCREEN), f"{ON_SCREEN}.convnet")
    studio.window.show_workspace("design")
    studio.window.show()
    application.after_first_paint(studio.window, studio.window.start_training)
    application.on_interrupt(studio.window.close)
    code = application.run()
    studio.leave()
    return code


def _run_off_screen(application: Application) -> int:
    studio = build()
    studio.document.new(load_example(OFF_SCREEN), f"{OFF_SCREEN}.convnet")
    studio.window.resize(1366, 768)
    studio.window.show_workspace("training")
    studio.window.show()
    OffScreenDemo(application, studio)
    application.on_interrupt(studio.run.stop)
    application.after_first_paint(studio.window, studio.window.start_training)
    code = application.run()
    studio.leave()
    return code or (1 if application.faults.count else 0)


class OffScreenDemo:
    """Tells how the run goes; at its end tells the result, saves a picture of the window, and leaves."""

    def __init__(self, application: Application, studio: Studio) -> None:
        self._application = application
        self._studio = studio
        self._progress = TerminalProgress(studio.run, sys.stdout)
        self._deadline: float | None = None
        studio.run.state_changed.connect(self._on_state)

    def _on_state(self) -> None:
        if self._studio.run.state.ended and self._deadline is None:
            self._deadline = time.monotonic() + SETTLING
            self._progress.end()
            self._await_filters()

    def _await_filters(self) -> None:
        """Leave once the newest filters are on the window."""
        model = self._studio.train_view.prepare().filter_model
        newest = self._studio.run.record.snapshots[-1:]
        is_shown = model.shown is not None and [model.shown.step] == newest
        if not newest or is_shown or time.monotonic() > (self._deadline or 0):
            self._application.later(200, self._leave)  # the curves are drawn at most ten times a second
        else:
            self._application.later(50, self._await_filters)

    def _leave(self) -> None:
        run = self._studio.run
        error = run.record.metrics.last("test", "error")
        if run.elapsed is not None:
            print(f"{run.state.value} after {duration(run.elapsed)} of training")
        if error is not None:
            print(f"test error: {percent(error)}")
        if run.record.run_folder is not None:
            print(f"run folder: {run.record.run_folder}")
        self._save_picture()
        if run.state is not RunState.FINISHED or error is None:
            print(_reason(run), file=sys.stderr)
            self._application.quit(1)
        else:
            self._application.quit()

    def _save_picture(self) -> None:
        from studio.qt.application import save_picture

        path = _picture_path(self._studio.run)
        if save_picture(self._studio.window, path):
            print(f"picture of the studio: {path}")
        else:
            print(f"The picture of the studio could not be written to {path}", file=sys.stderr)


class TerminalProgress:
    """Writes how far the run is: one line that is renewed on a terminal, else a line every few seconds."""

    def __init__(self, run: RunModel, output: TextIO) -> None:
        self._run = run
        self._output = output
        self._is_terminal = output.isatty()
        self._last = -BETWEEN_LINES
        self._width = 0
        run.progress_changed.connect(self._on_progress)

    def end(self) -> None:
        """End the line that is renewed."""
        if self._is_terminal and self._width:
            self._output.write("\n")
            self._output.flush()

    def _on_progress(self) -> None:
        now = time.monotonic()
        if not self._run.state.ended and (self._is_terminal or now - self._last >= BETWEEN_LINES):
            self._last = now
            self._write(self._describe())

    def _write(self, line: str) -> None:
        if self._is_terminal:
            self._output.write("\r" + line.ljust(self._width))
            self._width = len(line)
        else:
            self._output.write(line + "\n")
        self._output.flush()

    def _describe(self) -> str:
        run, progress = self._run, self._run.record.progress
        if progress is None:
            return run.state.value
        epochs = progress.epochs
        parts = [
            f"epoch {min(progress.epoch + 1, epochs)} of {epochs}",
            f"step {progress.step:,} of {progress.total_steps:,}",
        ]
        loss, error = run.record.metrics.last("train", "loss"), run.record.metrics.last("validation", "error")
        if loss is not None:
            parts.append(f"loss {three_digits(loss)}")
        if error is not None:
            parts.append(f"validation error {percent(error)}")
        parts.append(f"{three_digits(progress.examples_per_second)} images/s")
        if progress.eta_seconds is not None:
            parts.append(f"{duration(progress.eta_seconds)} left")
        return " · ".join(parts)


def _reason(run: RunModel) -> str:
    from studio.qt.texts import error_text

    if run.cause is not None:
        return f"The training {run.state.value}: {error_text(run.cause)}"
    return f"The training did not finish: {run.state.value}."


def _picture_path(run: RunModel) -> Path:
    import platformdirs

    name = Path(run.record.run_folder).name if run.record.run_folder else "no-run"
    return platformdirs.user_state_path("ConvNet Studio", appauthor=False) / "pictures" / f"{name}.png"
