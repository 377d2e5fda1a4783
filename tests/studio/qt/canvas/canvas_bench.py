"""A canvas on a bench: shown, with hands that work it by mouse and keys as a person would."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.models.document import Document
from studio.models.selection import Selection
from studio.qt.canvas.panel import CanvasPanel
from studio.qt.canvas.ports import PortRef, input_of
from studio.qt.canvas.routes import places_of, route

LEFT = Qt.MouseButton.LeftButton


class Bench:
    """A canvas panel with its models."""

    def __init__(self, qtbot: QtBot, document: Document) -> None:
        self.document = document
        self.selection = Selection(document)
        self.panel = CanvasPanel(document, self.selection)
        self.panel.resize(900, 900)
        qtbot.addWidget(self.panel)
        self.panel.show()
        qtbot.waitExposed(self.panel)
        self.view, self.scene = self.panel.view, self.panel.scene
        self.viewport = self.view.viewport()

    def output(self, name: str) -> QPoint:
        """Place of a layer's output port in the view."""
        return self._place(self.scene.nodes[name].port_point(PortRef(name, "output")))

    def input(self, name: str, index: int = 0) -> QPoint:
        """Place of an input port in the view."""
        return self._place(self.scene.nodes[name].port_point(PortRef(name, "input", index)))

    def card(self, name: str) -> QPoint:
        """Place of a card's middle in the view."""
        return self._place(self.scene.nodes[name].mapToScene(QPointF(88, 32)))

    def empty(self) -> QPoint:
        """A place with nothing on it."""
        return QPoint(20, 20)

    def press(self, place: QPoint, button: Qt.MouseButton = LEFT) -> None:
        QTest.mousePress(self.viewport, button, pos=place)

    def move(self, place: QPoint) -> None:
        QTest.mouseMove(self.viewport, place)

    def release(self, place: QPoint, button: Qt.MouseButton = LEFT) -> None:
        QTest.mouseRelease(self.viewport, button, pos=place)

    def drag(self, start: QPoint, end: QPoint, button: Qt.MouseButton = LEFT) -> None:
        """Press, move in two strides, let go."""
        self.press(start, button)
        self.move((start + end) / 2)
        self.move(end)
        self.release(end, button)

    def click(self, place: QPoint, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.mouseClick(self.viewport, LEFT, keys, place)

    def key(self, key: Qt.Key) -> None:
        QTest.keyClick(self.view, key)

    def _place(self, place: QPointF) -> QPoint:
        return self.view.mapFromScene(place)


def assert_mirrored(document: Document, panel: CanvasPanel) -> None:
    """Check that the canvas shows the document, all of it and nothing else."""
    network, scene = document.network, panel.scene
    assert scene.nodes.keys() == network.graph.layers().keys()
    assert scene.wires.keys() == set(network.graph.wires())
    assert scene.comments.keys() == network.comments.keys()
    items = {*scene.nodes.values(), *scene.wires.values(), *(wire.pill for wire in scene.wires.values())}
    assert {item for item in scene.items() if item.parentItem() is None} == items | set(
        scene.comments.values()
    )
    for comment, note in scene.comments.items():
        assert (note.comment, (note.x(), note.y())) == (network.comments[comment], note.comment.place)
    for name, node in scene.nodes.items():
        assert node.name == name
        assert node.layer == network.graph[name]
        assert (node.x(), node.y()) == network.positions[name]
    for wire, item in scene.wires.items():
        assert item.wire == wire
        flow = document.inspection.outputs.get(wire.source)
        if not item.is_wrong:
            assert item.flow.words == ("" if flow is None else str(flow)) or item.flow.is_new
        start = scene.nodes[wire.source].port_point(PortRef(wire.source, "output"))
        end = scene.nodes[wire.target].port_point(input_of(network.graph, wire))
        way = route(start, end, places_of(network.positions[name] for name in scene.nodes))
        assert (item.pos(), item.path()) == (start, way.translated(-start))
