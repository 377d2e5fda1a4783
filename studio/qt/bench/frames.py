"""How long a frame takes while cards are dragged and the canvas is zoomed and panned."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.graph.layer_graph import Wire
from engine.graph.network_file import NetworkFile
from engine.layers.catalogue import KINDS
from studio.models.document import Document
from studio.models.layout import CARD_HEIGHT, CARD_WIDTH, lay_out
from studio.models.selection import Selection
from studio.qt.canvas.panel import CanvasPanel

LAYERS = (30, 300)
BAR = 16.0
"""Milliseconds of a frame, p99."""
_FRAMES = 120
_DRAGGED = 50
_BLOCK = ("conv", "batch_norm", "neuron", "conv", "batch_norm", "eltsum")


def residual_network(layers: int) -> NetworkFile:
    """Return a network of blocks with shortcuts, laid out."""
    network = NetworkFile()
    graph = network.graph
    graph.add("data", KINDS["data"]())
    before = shortcut = "data"
    for number in range(layers - 1):
        kind = _BLOCK[number % len(_BLOCK)]
        name = f"{kind}{number}"
        graph.add(name, KINDS[kind]())
        graph.connect(Wire(before, name))
        if kind == "eltsum":
            graph.connect(Wire(shortcut, name, 1))
            shortcut = name
        before = name
    network.positions = lay_out(graph)
    return network


def in_columns(network: NetworkFile, rows: int = 20) -> NetworkFile:
    """Put a network's cards into columns, so that all of them are seen at once."""
    network.positions = {
        name: (float(index // rows * 280), float(index % rows * 104))
        for index, name in enumerate(network.graph)
    }
    return network


def frame_figures(layers: int) -> list[tuple[str, str, str, bool]]:
    """Return the figures of a network of so many layers, all of them seen at once in columns."""
    document = Document()
    document.new(in_columns(residual_network(layers)))
    selection = Selection(document)
    panel = CanvasPanel(document, selection)
    panel.resize(1366, 768)
    panel.show()
    view = panel.view
    figures = []
    for name, prepare, frame in (
        ("dragging", partial(_grab, panel, selection), partial(_drag, panel)),
        ("zooming", view.fit_all, lambda n: view.zoom_by(1.04 if n % 60 < 30 else 1 / 1.04)),
        ("panning", view.fit_all, lambda n: view.pan_by(QPoint(6, 4) if n % 60 < 30 else QPoint(-6, -4))),
    ):
        prepare()
        panel.scene.pictures.finish()
        QApplication.processEvents()
        wall, processor = _measure(frame)
        if name == "dragging":
            panel.scene.cancel()
        words = f"{processor:.1f} ms of computing; {wall:.1f} ms by the clock"
        title = f"{name}, {layers} layers: p99 of a frame"
        figures.append((title, f"≤ {BAR:g} ms", words, processor <= BAR))
    panel.detach()
    panel.close()
    return figures


def _measure(frame: Callable[[int], object]) -> tuple[float, float]:
    """Return the 99th percentile of a frame's time by the clock, and by the processor, ms."""
    walls, processors = [], []
    for number in range(_FRAMES):
        wall, processor = time.perf_counter(), time.process_time()
        frame(number)
        QApplication.processEvents()
        walls.append(1000 * (time.perf_counter() - wall))
        processors.append(1000 * (time.process_time() - processor))
    last = int(_FRAMES * 0.99)
    return sorted(walls)[last], sorted(processors)[last]


def _grab(panel: CanvasPanel, selection: Selection) -> None:
    """Select many cards, and press on one of them."""
    panel.view.fit_all()
    names = list(panel.scene.nodes)
    selection.select(names[: min(_DRAGGED, len(names) // 2)])
    QTest.mousePress(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=_middle(panel, names[0]))


def _drag(panel: CanvasPanel, number: int) -> None:
    start = panel.rect().center()
    QTest.mouseMove(panel.view.viewport(), start + QPoint(20 + 2 * number, 10 + number))


def _middle(panel: CanvasPanel, name: str) -> QPoint:
    middle = panel.scene.nodes[name].pos() + QPointF(CARD_WIDTH / 2, CARD_HEIGHT / 2)
    return panel.view.mapFromScene(middle)
