"""A newcomer's path, by real mouse and key events: LeNet-5 drawn from nothing, and its training started."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton, QWidget

from studio.app import Studio, build
from studio.models.run_state import RunState
from studio.qt.canvas.ports import PortRef
from studio.qt.inspector.editors.numbers import WholeEditor

LENET5: tuple[tuple[str, dict[str, int]], ...] = (
    ("convolution", {"filters": 6}),
    ("pooling", {}),
    ("convolution", {"filters": 16}),
    ("pooling", {}),
    ("fully", {"outputs": 120}),
    ("fully", {"outputs": 84}),
    ("fully", {"outputs": 10}),
    ("softmax", {}),
    ("cross entropy", {}),
)
"""What is typed to find each layer after the data, and what is typed in its fields."""

_LEFT = Qt.MouseButton.LeftButton
_PATIENCE = 60.0
"""Seconds until the training has to be under way."""


class Hands:
    """Works a studio by mouse and keys, and counts what it does."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.clicks = self.drags = self.keys = 0
        self._view = studio.window.canvas.view

    def click(self, widget: QWidget, place: QPoint, *, twice: bool = False) -> None:
        self.clicks += 1
        QTest.mouseClick(widget, _LEFT, pos=place)
        if twice:
            QTest.mouseDClick(widget, _LEFT, pos=place)

    def drag(self, start: QPoint, end: QPoint) -> None:
        self.drags += 1
        viewport = self._view.viewport()
        QTest.mousePress(viewport, _LEFT, pos=start)
        QTest.mouseMove(viewport, (start + end) / 2)
        QTest.mouseMove(viewport, end)
        QTest.mouseRelease(viewport, _LEFT, pos=end)

    def type(self, widget: QWidget, words: str) -> None:
        self.keys += len(words)
        QTest.keyClicks(widget, words)

    def press(self, widget: QWidget, key: Qt.Key) -> None:
        self.keys += 1
        QTest.keyClick(widget, key)

    def choose(self, words: str) -> str:
        """Type into the open search, press Enter, and return the name of the new layer."""
        box = self._view.quick_add.box
        self.type(box.search, words)
        self.press(box.search, Qt.Key.Key_Return)
        return str(self.studio.selection.layer)

    def port(self, port: PortRef) -> QPoint:
        """Return a port's place in the view, once it is in sight."""
        self._view.reveal(port.layer)
        return self._view.mapFromScene(self.studio.window.canvas.scene.nodes[port.layer].port_point(port))

    def set_field(self, field: str, value: int) -> None:
        panel = self.studio.window.inspector.layer_panel
        assert panel is not None
        editor = panel.form.editors[field]
        assert isinstance(editor, WholeEditor)
        line = editor.box.lineEdit()
        self.click(line, line.rect().center(), twice=True)
        line.selectAll()
        self.type(editor.box, str(value))
        self.press(editor.box, Qt.Key.Key_Return)


def draw_lenet5(hands: Hands) -> None:
    """Draw the network from the start page on."""
    window = hands.studio.window
    page, view = window.canvas.start_page, window.canvas.view
    empty = page.examples.visualItemRect(page.examples.item(0)).center()
    hands.click(page.examples.viewport(), empty)
    hands.click(view.viewport(), QPoint(300, 80), twice=True)
    name = hands.choose("data")
    for words, fields in LENET5:
        start = hands.port(PortRef(name, "output"))
        hands.drag(start, start + QPoint(0, 40))
        name = hands.choose(words)
        for field, value in fields.items():
            hands.set_field(field, value)
        QApplication.processEvents()
    start = hands.port(PortRef(name, "input", 1))
    hands.drag(start, start + QPoint(220, -60))
    hands.choose("")


def newcomer_figures() -> list[tuple[str, str, str, bool]]:
    """Walk the path in a studio with folders of its own; stop the training once it is under way."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(XDG_STATE_HOME=str(Path(folder, "state")), CONVNET_RUNS=str(Path(folder, "runs")))
        studio = build()
        studio.window.resize(1366, 768)
        studio.window.show_workspace("design")
        studio.window.show()
        QApplication.processEvents()
        hands, begun = Hands(studio), time.perf_counter()
        draw_lenet5(hands)
        drawn = time.perf_counter() - begun
        problems = len(studio.document.inspection.problems)
        start = studio.window.findChild(QToolButton, "primary")
        assert isinstance(start, QToolButton)
        hands.click(start, start.rect().center())
        is_training = _wait(lambda: studio.run.state is RunState.TRAINING)
        started = time.perf_counter() - begun
        studio.run.stop()
        _wait(lambda: studio.run.state.ended)
        studio.window.hide()
        studio.leave()
    words = (
        f"{hands.clicks} clicks, {hands.drags} drags, {hands.keys} keys; "
        f"drawn by a script in {drawn:.1f} s, training after {started:.1f} s"
    )
    return [("newcomer: LeNet-5 from nothing, training started", "", words, is_training and not problems)]


def _wait(holds: Callable[[], bool]) -> bool:
    deadline = time.perf_counter() + _PATIENCE
    while not holds():
        if time.perf_counter() > deadline:
            return False
        QApplication.processEvents()
        time.sleep(0.02)
    return True
