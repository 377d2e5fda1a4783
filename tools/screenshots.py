"""Makes screenshots of every view of the studio, in both themes and languages, to be looked at.

    .venv/bin/python tools/screenshots.py FOLDER
    .venv/bin/python tools/screenshots.py FOLDER --size 3840x2160 --scale 2 --theme dark --language ja

Each view is a file such as FOLDER/ja-dark-lens-cost.png. The studio draws into memory, with its own settings;
a short training gives the views of a run something to show.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[1]
THEMES, LANGUAGES = ("light", "dark"), ("en", "ja")
EPOCHS = 2
"""Of the training that is shown."""
PATIENCE = 120.0
"""Seconds that a view may take until it has all that it shows."""

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from studio.app import Studio


def main() -> int:
    """Return the program's exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", default="1366x768", help="of the window, px")
    parser.add_argument("--scale", default="1", help="such as 1.25, 1.5 or 2")
    parser.add_argument("--theme", choices=THEMES, help="only this one")
    parser.add_argument("--language", choices=LANGUAGES, help="only this one")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        sys.path.insert(0, str(ROOT))
        picture_all(given.folder, given.theme, given.language, *map(int, given.size.split("x")))
        return 0
    given.folder.mkdir(parents=True, exist_ok=True)
    codes = []
    for theme in (given.theme,) if given.theme else THEMES:
        for language in (given.language,) if given.language else LANGUAGES:
            words = [str(given.folder), "--size", given.size, "--theme", theme, "--language", language]
            codes.append(_run_child(words, given.scale))
    return max(codes)


def _run_child(words: list[str], scale: str) -> int:
    """Make the pictures of one theme and language in a process with settings of its own."""
    with tempfile.TemporaryDirectory() as home:
        names = ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME")
        environment = {**os.environ, **dict.fromkeys(names, home)}
        environment |= {
            "QT_QPA_PLATFORM": "offscreen",
            "QT_SCALE_FACTOR": scale,
            "QT_LOGGING_RULES": "*=false",
        }
        command = [sys.executable, __file__, *words, "--child"]
        return subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode


def picture_all(folder: Path, theme: str, language: str, width: int, height: int) -> None:
    """Show one view after the other, and save what it looks like."""
    from PySide6.QtCore import QCoreApplication
    from PySide6.QtWidgets import QApplication

    from studio.app import build
    from studio.qt import language as languages
    from studio.qt.application import NAME, Application

    QCoreApplication.setOrganizationName(NAME)
    QCoreApplication.setApplicationName(NAME)
    languages.choose(language)  # type: ignore[arg-type]
    Application(offscreen=True)
    studio = build()
    window = studio.window
    window.theme.choose(theme)  # type: ignore[arg-type]
    window.resize(width, height)
    window.show()
    for name, show in VIEWS.items():
        shown = show(studio) or window
        for _ in range(20):
            QApplication.processEvents()
        window.canvas.scene.pictures.finish()
        QApplication.processEvents()
        shown.grab().save(str(folder / f"{language}-{theme}-{name}.png"))
        if shown is not window:
            shown.close()
    studio.document.undo_stack.mark_clean()
    window.close()
    studio.leave()
    print(f"{language}, {theme}: {len(VIEWS)} pictures in {folder}")


# ---- the views -------------------------------------------------------------------------------------------


def _start(studio: Studio) -> None:
    studio.window.show_workspace("design")


def _design(studio: Studio) -> None:
    """A network with a comment, a muted and a frozen layer, and a field that has just been changed."""
    from engine.graph.examples import load_example
    from studio.models import commenting, editing, switching
    from studio.qt.texts import layer_text

    document = studio.document
    document.new(load_example("shapes"), "shapes.convnet")
    commenting.add(document, layer_text("Convolution"), (0, 0), ["conv1", "pool1"])
    switching.toggle_muted(document, ["pool2"])
    switching.toggle_frozen(document, ["conv1"])
    studio.window.canvas.view.fit_all()
    studio.selection.select(["conv2"])
    editing.set_fields(document, "conv2", {"stride": (2, 2)}, gesture="typing")


def _lens(name: str) -> Callable[[Studio], None]:
    def show(studio: Studio) -> None:
        studio.window.commands[f"lens_{name}"].trigger()

    return show


def _select(*names: str) -> Callable[[Studio], None]:
    def show(studio: Studio) -> None:
        studio.window.commands["lens_shapes"].trigger()
        studio.selection.select(names)

    return show


def _problems(studio: Studio) -> None:
    from studio.models import editing

    studio.window.show_problems(True)
    editing.remove(studio.document, ["labels", "fc10"])


def _after_problems(studio: Studio) -> QWidget:
    studio.document.undo()
    studio.window.show_problems(False)
    studio.window.canvas.view.search_here()
    return studio.window.canvas.view.quick_add.box


def _dialog(command: str, kind: str) -> Callable[[Studio], QWidget]:
    def show(studio: Studio) -> QWidget:
        from PySide6.QtWidgets import QWidget

        studio.window.commands[command].trigger()
        return next(part for part in studio.window.findChildren(QWidget) if type(part).__name__ == kind)

    return show


def _data(studio: Studio) -> None:
    from studio.models.data import DataState

    studio.window.show_workspace("data")
    _wait(lambda: studio.data.state is DataState.SEEN)


def _train_empty(studio: Studio) -> None:
    studio.window.show_workspace("training")


def _deep(studio: Studio) -> None:
    """A network that is larger than the canvas."""
    from engine.graph.examples import load_example

    studio.window.show_workspace("design")
    studio.document.new(load_example("resnet20"), "resnet20.convnet")


def _train(studio: Studio) -> None:
    """A finished run of the example, after one that had no momentum, and the newest filters."""
    from engine.graph.examples import load_example

    studio.document.new(load_example("shapes"), "shapes.convnet")
    for momentum in (0.0, 0.9):
        _train_with(studio, momentum)


def _train_with(studio: Studio, momentum: float) -> None:
    from dataclasses import replace

    from studio.models import editing

    document, run = studio.document, studio.run
    editing.set_training(document, replace(document.network.training, epochs=EPOCHS, momentum=momentum))
    studio.selection.select(["conv1"])
    studio.window.start_training()
    _wait(lambda: run.state.ended and run.is_caught_up)
    filters = studio.train_view.prepare().filter_model
    _wait(lambda: filters.shown is not None and [filters.shown.step] == run.record.snapshots[-1:])


def _inside(name: str) -> Callable[[Studio], None]:
    """Show one of the views of what is inside the network, once it has what it shows."""

    def show(studio: Studio) -> None:
        workspace = studio.train_view.prepare()
        workspace.inside.show_view(getattr(workspace, name))
        if name == "results":
            workspace.results.measure_button.click()
            _wait(workspace.results.table.isVisible)
        elif name == "activations":
            studio.selection.select(["conv2"])
            _wait(lambda: not workspace.activations.note.isVisible())

    return show


def _runs(studio: Studio) -> None:
    from studio.qt.runs.drawer import RunsDrawer

    studio.window.commands["runs"].trigger()
    drawer = studio.window.findChild(RunsDrawer)
    assert drawer is not None
    _wait(lambda: drawer.table.model().rowCount() > 1)


def _compare(studio: Studio) -> None:
    from PySide6.QtCore import Qt

    from studio.qt.runs.drawer import RunsDrawer

    drawer = studio.window.findChild(RunsDrawer)
    assert drawer is not None
    runs = drawer.table.model()
    for row in range(runs.rowCount()):
        place = runs.index(row, 0)
        runs.setData(place, Qt.CheckState.Checked.value, Qt.ItemDataRole.CheckStateRole)
    _wait(lambda: len(drawer.compare.plot.getPlotItem().listDataItems()) == runs.rowCount())


def _wait(holds: Callable[[], object]) -> None:
    """Let the studio work until something holds; raises TimeoutError where it never does."""
    from PySide6.QtWidgets import QApplication

    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("A view did not get what it shows")
        QApplication.processEvents()
        time.sleep(0.01)


VIEWS: dict[str, Callable[[Studio], QWidget | None]] = {
    "start": _start,
    "design": _design,
    "lens-cost": _lens("cost"),
    "lens-gradients": _lens("gradients"),
    "lens-health": _lens("health"),
    "lens-split": _lens("split"),
    "settings": _select(),
    "several": _select("conv1", "conv2", "fc10"),
    "problems": _problems,
    "search": _after_problems,
    "commands": _dialog("find_command", "CommandPalette"),
    "keys": _dialog("keys", "CheatSheet"),
    "history": _dialog("history", "HistoryDialog"),
    "data": _data,
    "train-empty": _train_empty,
    "deep": _deep,
    "train": _train,
    "activations": _inside("activations"),
    "health": _inside("health"),
    "results": _inside("results"),
    "runs": _runs,
    "compare": _compare,
    "computers": _dialog("computers", "ComputersDialog"),
}
"""All views by the names of their files; each is shown after the one before."""

if __name__ == "__main__":
    sys.exit(main())
