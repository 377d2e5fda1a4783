"""How long it takes from a key in a field until the canvas shows the new shapes."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.models.document import Document
from studio.models.selection import Selection
from studio.qt.bench.frames import residual_network
from studio.qt.canvas.panel import CanvasPanel
from studio.qt.inspector.editors.numbers import WholeEditor
from studio.qt.inspector.inspector import Inspector

BAR = 100.0
_LAYERS = 300
_KEYS = 20


def keystroke_figure() -> list[tuple[str, str, str, bool]]:
    """Return the slowest of some keys in the first layer's field, at 300 layers."""
    document = Document()
    document.new(residual_network(_LAYERS))
    selection = Selection(document)
    panel, inspector = CanvasPanel(document, selection), Inspector(document, selection)
    for part in (panel, inspector):
        part.resize(900, 700)
        part.show()
    selection.select(["conv0"])
    panel.scene.pictures.finish()  # as they are for a person, who types once the network is seen
    QApplication.processEvents()
    assert inspector.layer_panel is not None
    editor = inspector.layer_panel.form.editors["filters"]
    assert isinstance(editor, WholeEditor)
    times, clock = [], []
    for number in range(_KEYS):
        editor.box.lineEdit().selectAll()
        begun, computed = time.perf_counter(), time.process_time()
        QTest.keyClick(editor.box, Qt.Key(Qt.Key.Key_1.value + number % 9))
        QApplication.processEvents()
        clock.append(1000 * (time.perf_counter() - begun))
        times.append(1000 * (time.process_time() - computed))
    for part in (panel, inspector):
        part.detach()
        part.close()
    slowest = max(times)
    words = f"{slowest:.0f} ms of computing at most; {max(clock):.0f} ms by the clock"
    return [(f"key in a field to new shapes, {_LAYERS} layers", f"≤ {BAR:g} ms", words, slowest <= BAR)]
