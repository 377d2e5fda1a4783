"""The strongest maps of each layer for the picture that is looked at, beside its card."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, Qt
from PySide6.QtGui import QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsPixmapItem

from engine.layers.data import Data
from studio.models.examination import ExaminationModel
from studio.models.layout import CARD_HEIGHT, CARD_WIDTH
from studio.qt.canvas.node_item import NodeItem
from studio.qt.canvas.scene import CanvasScene
from studio.qt.examination.pictures import as_image, map_image

SIDE, GAP = 40, 4
"""Of a map, on the canvas."""

VECTOR = 96
"""Width of the outputs of a layer that has no maps."""

SHOWN = 4
"""Maps of a layer."""

_AMPLE = 1000.0
"""Room where no card follows, px."""


class MapStrips(QObject):
    """Shows maps while someone looks at a picture, and nothing otherwise. They move with their cards."""

    def __init__(self, scene: CanvasScene, model: ExaminationModel) -> None:
        super().__init__(scene)
        self._scene, self._model = scene, model
        self.items: list[QGraphicsPixmapItem] = []
        model.picture_changed.connect(self._refresh)

    def _refresh(self) -> None:
        for item in self.items:
            if item.scene() is not None:  # not gone with its card
                self._scene.removeItem(item)
        self.items = []
        examined = self._model.examined
        if examined is None or not self._model.visible:
            return
        for maps in examined.layers:
            images = [map_image(maps, number) for number in range(min(SHOWN, len(maps.shown)))]
            self._add(maps.layer, [QPixmap.fromImage(image) for image in images])
        seen = QPixmap.fromImage(as_image(examined.picture))
        for name, layer in self._scene.document.network.graph.layers().items():
            if isinstance(layer, Data):
                self._add(name, [seen])

    def _add(self, layer: str, pictures: list[QPixmap]) -> None:
        node = self._scene.nodes.get(layer)
        if node is None:
            return
        room = self._room_beside(node)
        for number, picture in enumerate(pictures[: max(1, int((room - GAP) // (SIDE + GAP)))]):
            item = QGraphicsPixmapItem(picture, node)
            is_vector = picture.height() == 1
            width, height = (min(VECTOR, room - 4 * GAP), SIDE / 4) if is_vector else (SIDE, SIDE)
            item.setTransform(QTransform.fromScale(width / picture.width(), height / picture.height()))
            x = CARD_WIDTH + 2 * GAP + number * (SIDE + GAP)
            item.setPos(QPointF(x, (CARD_HEIGHT - height) / 2))
            item.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
            self.items.append(item)

    def _room_beside(self, node: NodeItem) -> float:
        """Return how far the next card at the right is."""
        gaps = [
            other.x() - node.x() - CARD_WIDTH
            for other in self._scene.nodes.values()
            if other.x() > node.x() and abs(other.y() - node.y()) < CARD_HEIGHT
        ]
        return max(min(gaps, default=_AMPLE), SIDE)
