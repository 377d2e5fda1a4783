"""The composition root: models, services and window, put together; and the command line."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio.models.computers import Computers
    from studio.models.data import DataModel
    from studio.models.document import Document
    from studio.models.examination import ExaminationModel
    from studio.models.run import RunModel
    from studio.models.selection import Selection
    from studio.qt.autosave import Autosave
    from studio.qt.closing import CloseGuard
    from studio.qt.data.data_workspace import DataWorkspace
    from studio.qt.lazy_view import LazyView
    from studio.qt.main_window import MainWindow
    from studio.qt.train_workspace import TrainWorkspace
    from studio.services.data_preview import DataPreviews
    from studio.services.engine_process import EngineProcesses
    from studio.services.helper import Helper


@dataclass(frozen=True)
class Studio:
    """All that lives as long as the window."""

    document: Document
    selection: Selection
    run: RunModel
    data: DataModel
    engines: EngineProcesses
    computers: Computers
    helpers: tuple[Helper[Any], ...]
    previews: DataPreviews
    window: MainWindow
    guard: CloseGuard
    autosave: Autosave
    train_view: LazyView[TrainWorkspace]
    data_view: LazyView[DataWorkspace]

    def leave(self) -> None:
        """Leave the engine, if there is one; a training goes on."""
        self.autosave.close()
        self.run.detach()
        self.previews.close()
        self.engines.close()
        for helper in self.helpers:
            helper.close()
        self.computers.close()


def build() -> Studio:
    """Put the studio together. There must be an application; the window is not shown yet."""
    from engine.protocol import examination, forecasts
    from engine.protocol.library import answers
    from studio.models.computers import Computers
    from studio.models.data import DataModel
    from studio.models.document import Document
    from studio.models.examination import ExaminationModel
    from studio.models.forecast import ForecastModel
    from studio.models.run import RunModel
    from studio.models.selection import Selection
    from studio.qt.autosave import Autosave
    from studio.qt.closing import CloseGuard
    from studio.qt.computers.kept import restore
    from studio.qt.event_bridge import EventBridge
    from studio.qt.lazy_view import LazyView
    from studio.qt.main_window import MainWindow
    from studio.services.computer import RemoteComputer
    from studio.services.data_preview import DataPreviews
    from studio.services.engine_process import EngineProcesses
    from studio.services.helper import Helper

    document = Document()
    selection = Selection(document)
    bridge = EventBridge()
    engines = EngineProcesses(bridge.wake)
    computers = Computers(lambda address: RemoteComputer(address, bridge.wake))
    restore(computers)
    run = RunModel(engines)
    previews = DataPreviews(bridge.wake)
    data = DataModel(document, previews)
    data_view = LazyView(lambda: _make_data_workspace(document, data))
    examiner = Helper("engine.examiner", examination.answers, bridge.wake)
    examined = ExaminationModel(examiner, run)
    train_view = LazyView(lambda: _make_train_workspace(document, selection, run, examined, window))
    forecaster = Helper("engine.forecast", forecasts.answers, bridge.wake)
    forecast = ForecastModel(document, forecaster)
    forecast.follow()
    window = MainWindow(
        document,
        selection,
        run,
        computers,
        lambda _: train_view,
        make_data_view=lambda _: data_view,
        forecast=forecast,
    )
    bridge.setParent(window)
    library = Helper("engine.library", answers, bridge.wake)
    helpers = (library, examiner, forecaster)
    updates = [run.update, data.update, computers.update, *(helper.update for helper in helpers)]
    for update in updates:
        bridge.deliver_to(update)
    _show_runs(window, run, library, examined)
    guard = CloseGuard(window, run)
    autosave = Autosave(document, window)
    return Studio(
        document,
        selection,
        run,
        data,
        engines,
        computers,
        helpers,
        previews,
        window,
        guard,
        autosave,
        train_view,
        data_view,
    )


def _show_runs(window: MainWindow, run: RunModel, library: Helper[Any], examined: ExaminationModel) -> None:
    """Give the window the shelf of all runs, and its canvas what is seen of the one that is followed."""
    from studio.models.runs import RunsModel
    from studio.qt.canvas.map_strips import MapStrips
    from studio.qt.runs.shelf import RunsShelf

    RunsShelf(window, run, RunsModel(library))
    MapStrips(window.canvas.scene, examined)
    for event in (run.health_changed, run.run_replaced):
        event.connect(lambda: window.canvas.lens.show_health(run.record.health.at()))


def _make_data_workspace(document: Document, data: DataModel) -> DataWorkspace:
    from studio.qt.data.data_workspace import DataWorkspace

    return DataWorkspace(document, data)


def _make_train_workspace(
    document: Document, selection: Selection, run: RunModel, examined: ExaminationModel, window: MainWindow
) -> TrainWorkspace:
    from studio.qt.train_workspace import TrainWorkspace

    workspace = TrainWorkspace(document, selection, run, examined)
    workspace.train_requested.connect(window.start_training)
    workspace.design_requested.connect(lambda: window.show_workspace("design"))
    return workspace


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``convnet-studio``; return its exit code."""
    given = _parser().parse_args(arguments)
    if given.version:
        from engine.version import program_version

        print(f"ConvNet Studio {program_version()}")
        return 0
    if given.bench:
        from studio.qt.application import Application
        from studio.qt.bench import run_bench

        Application(offscreen=True)
        return run_bench()
    if given.demo:
        from studio.demo import run_demo

        return run_demo()
    return _run(given.file, given.take_over, leave_when_shown=given.leave_when_shown)


def _run(file: Path | None, handed_over: Path | None, *, leave_when_shown: bool) -> int:
    """Show the window first, and then do what takes time."""
    from studio.qt.application import Application
    from studio.qt.end_notice import EndNotice
    from studio.qt.successor import Successor

    application = Application()
    studio = build()
    EndNotice(studio.window, studio.run)
    successor = Successor(studio.document, studio.run, studio.window, studio.guard, studio.autosave)
    if handed_over is not None:
        successor.take_over(handed_over, studio.engines)
    if file is not None:
        studio.window.files.open_path(file)
    studio.window.show()
    then = application.quit if leave_when_shown else lambda: settle(studio)
    application.after_first_paint(studio.window, then)
    application.on_interrupt(studio.window.close)
    code = application.run()
    studio.leave()
    return code


def make_ready(studio: Studio) -> None:
    """Make what the first frame did not need, and leave all that is there to itself.

    What lives as long as the window does is looked through no more for what nobody uses, which took 70 ms.
    """
    studio.train_view.prepare()
    gc.freeze()


def settle(studio: Studio) -> None:
    """Do what the first frame did not need."""
    from studio.qt.autosave import Rescue

    rescue = Rescue(studio.document, studio.window)
    rescue.done.connect(lambda: _offer_running(studio))  # one question at a time
    rescue.offer()
    make_ready(studio)


def _offer_running(studio: Studio) -> None:
    from studio.qt.reattach import Reattach

    running = studio.engines.running()
    if running and studio.run.can_train and studio.run.record.run_id is None:
        Reattach(studio.window, studio.run).offer(running[-1])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="convnet-studio", description="Draw a convolutional network and watch it learn."
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a network to open (*.convnet)")
    parser.add_argument(
        "--demo", action="store_true", help="train an example; without a screen, in the terminal"
    )
    parser.add_argument("--bench", action="store_true", help="print figures of the designer, and leave")
    parser.add_argument("--version", action="store_true", help="print the version and leave")
    parser.add_argument("--take-over", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--leave-when-shown", action="store_true", help=argparse.SUPPRESS)
    return parser
