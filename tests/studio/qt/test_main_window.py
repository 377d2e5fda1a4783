"""The window: commands, workspaces, files, problems, run controls, and what it remembers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QSettings, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFileDialog,
    QLabel,
    QMessageBox,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from engine.graph.layer_graph import Wire
from engine.graph.network_file import dumps
from engine.protocol.messages import RunState as EngineState
from studio.actions import ACTIONS
from studio.models import editing
from studio.models.computers import Computers
from studio.models.document import Document
from studio.models.run import RunModel
from studio.models.selection import Selection
from studio.qt import theme
from studio.qt.cheat_sheet import CheatSheet
from studio.qt.main_window import MainWindow
from tests.studio.fake_engine import FakeComputer, FakeEngines
from tests.studio.networks import small_network
from tests.studio.qt.canvas.canvas_bench import assert_mirrored
from tests.studio.qt.conftest import Speaking


class Bench:
    """A window with its models and an engine that the test drives."""

    def __init__(self, qtbot: QtBot) -> None:
        self.document = Document()
        self.selection = Selection(self.document)
        self.engines = FakeEngines()
        self.run = RunModel(self.engines)
        self.window = MainWindow(
            self.document,
            self.selection,
            self.run,
            Computers(FakeComputer),
            lambda parent: QLabel("training"),
        )
        qtbot.addWidget(self.window, before_close_func=self._save_nothing)
        self.window.show()
        qtbot.waitExposed(self.window)

    def show_network(self) -> None:
        self.document.new(small_network(), "small.convnet")

    def do(self, command: str) -> None:
        """Trigger a command as its menu does."""
        action = self.window.commands[command]
        assert action.isEnabled(), command
        action.trigger()

    def is_enabled(self, *commands: str) -> list[bool]:
        return [self.window.commands[command].isEnabled() for command in commands]

    def _save_nothing(self, _: QWidget) -> None:
        self.document.undo_stack.mark_clean()


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    """A window with an empty network."""
    return Bench(qtbot)


def answer(button: QMessageBox.StandardButton) -> list[str]:
    """Press a button of the next message box; return where its text will be put."""
    texts: list[str] = []

    def press() -> None:
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):
            QTimer.singleShot(10, press)
            return
        texts.append(box.text())
        box.button(button).click()

    QTimer.singleShot(0, press)
    return texts


def choose_file(monkeypatch: pytest.MonkeyPatch, name: str, path: Path | str) -> None:
    """Let a file dialog give this answer."""
    monkeypatch.setattr(QFileDialog, name, lambda *_: (str(path), ""))


def test_every_command_is_in_a_menu(bench: Bench) -> None:
    """With its shortcuts, and what it does in a tooltip."""
    found = set()
    for menu in bench.window.menuBar().actions():
        submenu = menu.menu()
        assert submenu is not None
        for action in submenu.actions():
            entries = action.menu().actions() if action.menu() else [action]
            found |= {entry.objectName() for entry in entries if entry.objectName()}
    assert found == {action.id for action in ACTIONS}
    assert bench.window.commands["open"].toolTip() == "Open a network file (Ctrl+O)"


def test_undo_and_redo_name_what_they_would_do(bench: Bench) -> None:
    """In the menu and in the tooltip; they are off where there is nothing to do."""
    bench.show_network()
    assert bench.is_enabled("undo", "redo") == [False, False]
    editing.move(bench.document, {"conv1": (800, 800)})
    undo = bench.window.commands["undo"]
    assert undo.text().replace("&", "") == "Undo Move conv1"
    assert undo.toolTip() == "Undo Move conv1 (Ctrl+Z)"
    bench.do("undo")
    assert bench.window.commands["redo"].text().replace("&", "") == "Redo Move conv1"
    assert bench.is_enabled("undo", "redo") == [False, True]


def test_keys_of_the_canvas_delete_and_take_back(bench: Bench, qtbot: QtBot) -> None:
    """Delete, Ctrl+Z and Ctrl+A by the keyboard."""
    bench.show_network()
    view = bench.window.canvas.view
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    bench.selection.select(["conv1"])
    QTest.keyClick(view, Qt.Key.Key_Delete)
    assert "conv1" not in bench.document.network.graph
    QTest.keyClick(view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert "conv1" in bench.document.network.graph
    QTest.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert set(bench.selection.layers) == set(bench.document.network.graph)
    assert_mirrored(bench.document, bench.window.canvas)


def test_delete_in_a_field_deletes_text_only(bench: Bench, qtbot: QtBot) -> None:
    """And Ctrl+Z there takes the last change of the network back."""
    bench.show_network()
    bench.selection.select(["fc1"])
    panel = bench.window.inspector.layer_panel
    assert panel is not None
    line = panel.form.editors["rate"].line  # type: ignore[attr-defined]
    line.setFocus()
    qtbot.waitUntil(line.hasFocus)
    line.selectAll()
    QTest.keyClick(line, Qt.Key.Key_Delete)
    assert "fc1" in bench.document.network.graph
    QTest.keyClicks(line, "7f")
    assert bench.document.network.graph["fc1"].rate == 7.0  # type: ignore[attr-defined]
    QTest.keyClick(line, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert bench.document.network.graph["fc1"].rate == 1.0  # type: ignore[attr-defined]
    assert line.text() == "1"


def test_layers_are_strung_together_from_the_palette(bench: Bench) -> None:
    """Each is put below the selected one, and connected."""
    for kind in ("data", "conv", "fc", "softmax", "cross_entropy"):
        bench.window.palette_panel.chosen.emit(kind)
    bench.selection.clear()
    bench.window.palette_panel.chosen.emit("labels")
    bench.selection.select(["labels1"])
    graph = bench.document.network.graph
    assert [wire.source for wire in graph.wires()] == ["data1", "conv1", "fc1", "softmax1"]
    assert bench.window.status.problems.text() == "2 problems"


def test_the_status_bar_says_what_the_network_costs(bench: Bench) -> None:
    """And how much is wrong with it."""
    bench.show_network()
    assert bench.window.status.totals.text() == "7 layers · 84.4 k weights · 2.54 M multiply-adds a picture"
    assert bench.window.status.problems.text() == "No problems"
    editing.remove(bench.document, ["labels1"])
    assert bench.window.status.problems.text() == "2 problems"


def test_of_a_network_that_was_not_begun_nothing_is_told(bench: Bench) -> None:
    """Neither problems nor settings, until a layer is drawn or an empty network is chosen."""
    window, inspector = bench.window, bench.window.inspector
    window.show()
    assert not window.status.problems.isVisible()
    assert inspector.start_note.isVisible()
    window.canvas.start_page.empty_chosen.emit()
    assert inspector.network_panel.isVisible()
    assert not inspector.start_note.isVisible()
    bench.window.palette_panel.chosen.emit("data")
    assert window.status.problems.isVisible()


def test_the_list_of_problems_leads_to_the_layer(bench: Bench) -> None:
    """It opens from the count in the status bar."""
    bench.show_network()
    editing.remove(bench.document, ["conv1"])
    assert not bench.window.problems.isVisible()
    bench.window.status.problems.click()
    assert bench.window.problems.isVisible()
    rows = bench.window.problems.list
    texts = [rows.item(row).text() for row in range(rows.count())]
    row = next(row for row, text in enumerate(texts) if text.startswith("pool1"))
    rows.itemClicked.emit(rows.item(row))
    assert bench.selection.layers == ("pool1",)
    bench.window.status.problems.click()
    assert not bench.window.problems.isVisible()


def test_a_mismatch_in_the_list_leads_to_its_wire(bench: Bench) -> None:
    """The wire is selected together with the layer that it does not fit."""
    bench.show_network()
    editing.connect(bench.document, Wire("pool1", "softmax1"))
    mismatch = next(problem for problem in bench.document.inspection.problems if "softmax1" in problem.layers)
    bench.window.problems.chosen.emit(mismatch)
    assert bench.selection.layers == ("softmax1",)
    assert bench.selection.wires == {Wire("pool1", "softmax1")}


def test_workspaces_share_the_canvas(bench: Bench) -> None:
    """In the training workspace it stands beside the training view, without its tools."""
    window = bench.window
    bench.do("training")
    assert window.train_view.isVisible()
    assert window.canvas.isVisible()
    assert not window.palette_panel.isVisible()
    assert not window.inspector.isVisible()
    assert window.commands["training"].isChecked()
    bench.do("design")
    assert not window.train_view.isVisible()
    assert window.palette_panel.isVisible()
    assert window.inspector.isVisible()


def test_a_workspace_shows_what_was_seen_there_last(bench: Bench) -> None:
    """What a person zoomed to is there again after a look at another; a new network is shown anew."""
    bench.show_network()
    view = bench.window.canvas.view
    view.zoom_by(2.0)
    zoomed = view.place()
    assert zoomed is not None
    bench.do("training")
    assert view.place() is None, "the network as it fits there"
    bench.do("design")
    assert view.zoom == zoomed[0]
    assert (view.place()[1] - zoomed[1]).manhattanLength() < 4
    bench.show_network()
    assert view.place() is None


def test_docks_keep_their_widths_over_a_visit_to_training(bench: Bench) -> None:
    """In a small window too, where the training view needs more room than the canvas."""
    window = bench.window
    window.train_view.setMinimumWidth(700)
    window.resize(1000, 650)
    QApplication.processEvents()
    before = [window.palette_panel.width(), window.inspector.width()]
    for workspace in ("training", "design", "training", "design"):
        bench.do(workspace)
        QApplication.processEvents()
    assert [window.palette_panel.width(), window.inspector.width()] == before


# ---- files -----------------------------------------------------------------------------------------------


def test_save_as_open_and_the_title(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The title names the file and marks changes; the suffix is added; recent files lead back."""
    bench.show_network()
    assert bench.window.windowTitle() == "small.convnet[*] – ConvNet Studio"
    editing.move(bench.document, {"conv1": (800, 800)})
    assert bench.window.isWindowModified()
    choose_file(monkeypatch, "getSaveFileName", tmp_path / "mine")
    bench.do("save")
    path = tmp_path / "mine.convnet"
    assert path.read_text() == dumps(bench.document.network)
    assert bench.window.windowTitle() == "mine.convnet[*] – ConvNet Studio"
    assert not bench.window.isWindowModified()
    editing.move(bench.document, {"conv1": (0, 800)})
    bench.do("save")
    assert path.read_text() == dumps(bench.document.network)
    bench.do("new")
    assert bench.window.windowTitle() == "Untitled[*] – ConvNet Studio"
    assert bench.window.files.recent.paths == (path,)
    choose_file(monkeypatch, "getOpenFileName", path)
    bench.do("open")
    assert "conv1" in bench.document.network.graph
    assert bench.document.path == path


def test_a_dialog_that_is_given_up_changes_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither saving nor opening."""
    bench.show_network()
    before = dumps(bench.document.network)
    choose_file(monkeypatch, "getSaveFileName", "")
    choose_file(monkeypatch, "getOpenFileName", "")
    bench.do("save_as")
    bench.do("open")
    assert dumps(bench.document.network) == before


def test_a_bad_file_is_explained_and_the_network_stays(bench: Bench, tmp_path: Path) -> None:
    """The banner says what is wrong with the file until it is closed."""
    bench.show_network()
    path = tmp_path / "newer.convnet"
    path.write_text(json.dumps(json.loads(dumps(small_network())) | {"version": 99}))
    bench.window.files.open_path(path)
    assert "made by a newer version of ConvNet Studio" in bench.window.banner.message
    assert len(bench.document.network.graph) == 7
    close = bench.window.banner.findChild(QToolButton)
    close.click()
    assert bench.window.banner.message == ""


def test_all_unknown_layers_of_a_file_are_listed(bench: Bench, tmp_path: Path) -> None:
    """One line each after the file's name, and no more than a few."""
    content = json.loads(dumps(small_network()))
    for layer in content["layers"]:
        layer["type"] = "warp"
    path = tmp_path / "unknown.convnet"
    path.write_text(json.dumps(content))
    bench.window.files.open_path(path)
    lines = bench.window.banner.message.splitlines()
    assert lines[0] == "unknown.convnet cannot be opened:"
    assert lines[1].startswith("data1: expected a type of layer")
    assert lines[-1] == "… and 3 more"


def test_a_recent_file_that_is_gone_is_forgotten(bench: Bench, tmp_path: Path) -> None:
    """After saying so."""
    path = tmp_path / "gone.convnet"
    bench.window.files.recent.add(path)
    bench.window.files.open_path(path)
    assert "No such file" in bench.window.banner.message
    assert bench.window.files.recent.paths == ()


def test_an_example_is_a_copy_without_a_file(bench: Bench) -> None:
    """It can be saved under a name of its own."""
    bench.window.files.new_from_example("shapes")
    assert bench.document.path is None
    assert bench.window.windowTitle() == "shapes.convnet[*] – ConvNet Studio"
    assert not bench.document.dirty
    assert len(bench.document.network.graph) > 3


@pytest.mark.parametrize(
    ("button", "closes", "saves"),
    [
        (QMessageBox.StandardButton.Cancel, False, False),
        (QMessageBox.StandardButton.Discard, True, False),
        (QMessageBox.StandardButton.Save, True, True),
    ],
)
def test_closing_asks_what_to_do_with_changes(
    bench: Bench, tmp_path: Path, button: QMessageBox.StandardButton, closes: bool, saves: bool
) -> None:
    """Save, discard or stay."""
    bench.show_network()
    path = tmp_path / "a.convnet"
    bench.document.save(path)
    before = path.read_text()
    editing.move(bench.document, {"conv1": (800, 800)})
    texts = answer(button)
    assert bench.window.close() is closes
    assert texts == ["a.convnet has changes that are not saved."]
    assert (path.read_text() != before) is saves


def test_staying_keeps_the_network_when_another_is_to_be_opened(bench: Bench, tmp_path: Path) -> None:
    """Also when saving was chosen and the dialog then given up."""
    bench.show_network()
    other = tmp_path / "other.convnet"
    other.write_text(dumps(small_network()))
    editing.remove(bench.document, ["conv1"])
    answer(QMessageBox.StandardButton.Cancel)
    bench.window.files.open_path(other)
    assert bench.document.path is None
    assert bench.document.dirty


def test_a_clean_window_closes_without_a_question(bench: Bench) -> None:
    """There is nothing to lose."""
    bench.show_network()
    assert bench.window.close()


# ---- running ---------------------------------------------------------------------------------------------


def test_training_starts_with_the_network_as_drawn(bench: Bench) -> None:
    """The window goes to the training workspace, and its commands say what is possible."""
    bench.show_network()
    assert bench.is_enabled("train", "pause", "stop") == [True, False, False]
    bench.do("train")
    assert len(bench.engines.orders) == 1
    assert bench.window.workspace == "training"
    assert bench.is_enabled("train", "pause", "stop") == [False, False, True]
    bench.engines.link.welcome(EngineState.TRAINING)
    bench.engines.link.state(EngineState.TRAINING)
    bench.engines.link.beat(EngineState.TRAINING, step=500)
    bench.run.update()
    assert bench.is_enabled("train", "pause", "stop", "checkpoint") == [False, True, True, True]
    assert bench.window.run_progress.words == "Training · 1:00 left"
    bench.do("pause")
    assert not bench.window.commands["pause"].isEnabled()
    bench.engines.link.state(EngineState.PAUSED)
    bench.run.update()
    assert bench.window.commands["resume"].isVisible()
    assert not bench.window.commands["pause"].isVisible()
    assert bench.window.status.engine.text() == "Paused"


def test_the_main_commands_icon_keeps_its_colour(bench: Bench) -> None:
    """Also after its action was disabled for a training and enabled again."""
    button = bench.window.findChild(QToolButton, "primary")
    for can_train in (True, False, True):
        bench.window.commands["train"].setEnabled(can_train)
        picture = button.icon().pixmap(20, 20).toImage()
        inks = [picture.pixelColor(x, y) for x in range(20) for y in range(20)]
        assert {ink.name() for ink in inks if ink.alpha() == 255} == {theme.colour("on_accent").name()}


def test_a_network_with_problems_is_not_trained(bench: Bench) -> None:
    """The problems are shown instead."""
    bench.show_network()
    editing.remove(bench.document, ["labels1"])
    bench.do("train")
    assert bench.engines.orders == []
    assert bench.window.problems.isVisible()
    assert "cannot be trained yet" in bench.window.banner.message


# ---- what the window remembers ---------------------------------------------------------------------------


def test_the_window_comes_back_as_it_was(bench: Bench, qtbot: QtBot) -> None:
    """Workspace, theme and recent files are remembered."""
    bench.window.files.recent.add(Path("/tmp/a.convnet"))
    bench.do("training")
    bench.do("dark")
    assert bench.window.close()
    again = Bench(qtbot)
    assert again.window.workspace == "training"
    assert theme.current().is_dark
    assert again.window.commands["dark"].isChecked()
    assert again.window.files.recent.paths == (Path("/tmp/a.convnet"),)


def test_settings_that_make_no_sense_are_ignored(qtbot: QtBot) -> None:
    """A damaged settings file never keeps the studio from starting."""
    settings = QSettings()
    for key in ("window/geometry", "window/state", "window/splitter", "window/workspace", "window/theme"):
        settings.setValue(key, "nonsense")
    settings.setValue("files/recent", 7)
    bench = Bench(qtbot)
    assert bench.window.workspace == "design"
    assert bench.window.files.recent.paths == ()


def test_nothing_listens_after_closing(qapp: QApplication) -> None:
    """The models may live on without the window."""
    document = Document()
    selection, engines = Selection(document), FakeEngines()
    run = RunModel(engines)
    window = MainWindow(document, selection, run, Computers(FakeComputer), lambda parent: QLabel("training"))
    document.new(small_network())
    window.show()
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    editing.move(document, {"conv1": (800, 800)})
    editing.rename(document, "conv1", "first")
    selection.select(["first"])
    run.train(document)
    engines.link.beat(EngineState.TRAINING, step=500)
    run.update()
    document.new()


# ---- no text is cut --------------------------------------------------------------------------------------


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_nothing_is_cut_at_1366_by_768(qtbot: QtBot, speaking: Speaking, language: str, look: str) -> None:
    """Every label and button has at least the room that its words need, in both languages."""
    speaking(language)
    bench = Bench(qtbot)
    assert cut_texts(bench.window) == [], "start page"
    bench.show_network()
    bench.do(look)
    bench.window.resize(1366, 768)
    for workspace in ("design", "training"):
        bench.do(workspace)
        for selected in ([], ["conv1"], ["conv1", "fc1"]):
            bench.selection.select(selected)
            assert cut_texts(bench.window) == [], (workspace, selected)
    bench.do("keys")
    assert cut_texts(bench.window.findChild(CheatSheet)) == []


def cut_texts(window: QWidget) -> list[object]:
    """Return the labels and buttons of a window that have less room than they ask for."""
    QApplication.processEvents()
    parts = (*window.findChildren(QLabel), *window.findChildren(QAbstractButton))
    return [
        (type(part).__name__, part.text(), part.size(), part.sizeHint())
        for part in parts
        if part.isVisible() and part.text() and not _wraps(part) and _is_cut(part)
    ]


def _wraps(part: QWidget) -> bool:
    return isinstance(part, QLabel) and part.wordWrap()


def _is_cut(part: QWidget) -> bool:
    return part.width() < part.sizeHint().width() or part.height() < part.sizeHint().height()


def test_the_main_view_keeps_most_of_a_small_window(bench: Bench) -> None:
    """60 % of the width at 1366×768."""
    bench.window.resize(1366, 768)
    QApplication.processEvents()
    assert bench.window.width() == 1366
    assert bench.window.canvas.width() >= 0.6 * 1366
