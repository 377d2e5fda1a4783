"""Commands on the drawing, and what is dropped on the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.graph.layer_graph import Wire
from engine.graph.network_file import dumps
from tests.studio.networks import small_network
from tests.studio.qt.test_main_window import Bench


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    """A window with the small network."""
    bench = Bench(qtbot)
    bench.show_network()
    return bench


def drop(bench: Bench, *paths: Path) -> None:
    """Drop files on the window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    action, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    keys = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(bench.window, QDragEnterEvent(QPoint(200, 200), action, data, left, keys))
    QApplication.sendEvent(bench.window, QDropEvent(QPointF(200, 200), action, data, left, keys))


def test_layers_are_copied_between_windows_as_text(bench: Bench, qtbot: QtBot) -> None:
    """Other text on the clipboard is no harm."""
    bench.selection.select(["conv1", "pool1"])
    bench.do("copy")
    assert '"conv1"' in QGuiApplication.clipboard().text()
    other = Bench(qtbot)
    other.do("paste")
    assert other.document.network.graph.wires() == [Wire("conv1", "pool1")]
    assert other.selection.layers == ("conv1", "pool1")
    QGuiApplication.clipboard().setText("Hello")
    other.do("paste")
    assert other.window.status.currentMessage() == "The clipboard holds no layers."


def test_cut_and_duplicate(bench: Bench) -> None:
    """Cutting heals the chain; a duplicate is selected."""
    bench.selection.select(["conv1"])
    bench.do("cut")
    assert Wire("data1", "pool1") in bench.document.network.graph.wires()
    bench.selection.select(["pool1"])
    bench.do("duplicate")
    assert bench.selection.layers == ("pool2",)


def test_delete_heals_and_shift_delete_leaves_open(bench: Bench) -> None:
    """Each one step."""
    bench.selection.select(["pool1"])
    bench.do("delete")
    assert Wire("conv1", "fc1") in bench.document.network.graph.wires()
    bench.do("undo")
    bench.selection.select(["pool1"])
    bench.do("delete_open")
    assert bench.document.network.graph.inputs("fc1") == []


def test_selected_layers_are_connected_in_order(bench: Bench) -> None:
    """By the keyboard alone: select, extend, connect."""
    view = bench.window.canvas.view
    bench.selection.select(["data1", "pool1"])
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_J)
    assert bench.document.network.graph.inputs("pool1") == [Wire("data1", "pool1")]
    bench.selection.select(["data1", "labels1"])
    assert not bench.window.commands["connect"].isEnabled()


def test_switches_and_comments_by_key(bench: Bench) -> None:
    """M mutes, K freezes, C writes a comment around what is selected."""
    view = bench.window.canvas.view
    bench.selection.select(["conv1"])
    view.setFocus()
    for key in (Qt.Key.Key_M, Qt.Key.Key_K):
        QTest.keyClick(view, key)
    layer = bench.document.network.graph["conv1"]
    assert layer.muted
    assert layer.frozen  # type: ignore[attr-defined]
    QTest.keyClick(view, Qt.Key.Key_C)
    assert view.comment_editor.isVisible()
    assert bench.selection.comments == ("note1",)


def test_commands_are_off_where_there_is_nothing_to_do(bench: Bench) -> None:
    """They go on with the selection."""
    names = ("copy", "align_x", "distribute_y", "mute", "freeze", "connect")
    assert not any(bench.is_enabled(*names))
    bench.selection.select(["conv1", "pool1", "fc1"])
    assert all(bench.is_enabled(*names))


def test_a_network_file_dropped_on_the_window_is_opened(bench: Bench, tmp_path: Path) -> None:
    """After asking about changes, as everywhere."""
    path = tmp_path / "other.convnet"
    path.write_text(dumps(small_network()))
    drop(bench, path)
    assert bench.document.path == path


def test_a_folder_dropped_on_the_window_is_the_data(bench: Bench, tmp_path: Path) -> None:
    """Relative to the network's file where it lies beside it; one step of undo. What is in it is shown."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    bench.window.banner.say("what was dropped before was no good")
    drop(bench, folder)
    assert bench.window.banner.message == ""
    assert bench.window.workspace == "data"
    assert (bench.document.network.data.source, bench.document.network.data.path) == ("path", str(folder))
    bench.document.undo()
    bench.document.save(tmp_path / "a.convnet")
    drop(bench, folder)
    assert bench.document.network.data.path == "pictures"


def test_the_canvas_is_written_on_once_the_data_are_left(bench: Bench, qtbot: QtBot) -> None:
    """Not the tool bar, whose first button makes a new network at a key."""
    window = bench.window
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.show_workspace("data")
    assert not window.canvas.view.hasFocus()
    window.show_workspace("design")
    assert window.canvas.view.hasFocus()


def test_other_files_are_refused_with_a_sentence(bench: Bench, tmp_path: Path) -> None:
    """The network stays."""
    path = tmp_path / "notes.txt"
    path.write_text("x")
    drop(bench, path)
    assert "notes.txt is neither a network" in bench.window.banner.message
    assert not bench.document.dirty
