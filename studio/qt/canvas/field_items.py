"""Beside the cards: what the unit that is looked at sees of each layer before it, back to the picture."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from shiboken6 import isValid

from engine.plan.analysis.receptive_field import Region, shares_weights
from studio.models.document import Document
from studio.models.layout import CARD_HEIGHT, CARD_WIDTH
from studio.models.unit import UnitChoice
from studio.qt.canvas.node_item import NodeItem
from studio.qt.field_map import paint_field

_PLACE = QRectF(CARD_WIDTH + 10, 0, CARD_HEIGHT, CARD_HEIGHT)


class FieldItem(QGraphicsItem):
    """A small plane at the right of a card, with the region that the unit sees."""

    def __init__(self, extents: tuple[int, int], region: Region, shared: bool, card: NodeItem) -> None:
        super().__init__(card)
        self.region = region
        self._extents = extents
        self._shared = shared
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def boundingRect(self) -> QRectF:
        return _PLACE.adjusted(-1, -1, 1, 1)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        paint_field(painter, self._extents, self.region, _PLACE, shared=self._shared)


class FieldItems:
    """Keeps a plane at each card that the unit sees something of."""

    def __init__(self, document: Document, unit: UnitChoice, nodes: dict[str, NodeItem]) -> None:
        self._document = document
        self._unit = unit
        self._nodes = nodes
        self.items: dict[str, FieldItem] = {}
        unit.changed.connect(self._refresh)

    def detach(self) -> None:
        """Listen to the choice no more; for when the window closes."""
        self._unit.changed.disconnect(self._refresh)

    def _refresh(self) -> None:
        for item in self.items.values():
            if isValid(item) and item.scene() is not None:  # it goes with its card
                item.scene().removeItem(item)
        self.items = {}
        outputs, graph = self._document.inspection.outputs, self._document.network.graph
        for name, region in self._unit.field.items():
            if name in self._nodes and name in outputs:
                height, width = outputs[name].shape[:2]
                shared = name == self._unit.layer and shares_weights(graph[name])
                self.items[name] = FieldItem((height, width), region, shared, self._nodes[name])
