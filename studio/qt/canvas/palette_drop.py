"""What is dragged from the palette over the canvas, and let go there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QGraphicsSceneDragDropEvent

from engine.graph.layer_graph import Wire
from engine.layers.catalogue import KINDS
from studio.models import editing, splicing
from studio.models.layout import CARD_HEIGHT, CARD_WIDTH, free_place
from studio.qt.layer_list import KIND_MIME

if TYPE_CHECKING:
    from studio.qt.canvas.scene import CanvasScene


class PaletteDrop:
    """Adds the layer of an entry where it is let go; over a wire that leads through it, into the chain."""

    def __init__(self, scene: CanvasScene) -> None:
        self._scene = scene

    def answer(self, event: QGraphicsSceneDragDropEvent) -> None:
        """Say whether what is dragged can be let go, and light the wire that it would go into."""
        kind = _dragged_kind(event)
        event.setAccepted(kind is not None)
        self._scene.light_wire(None if kind is None else self._wire_for(kind, event.scenePos()))

    def take(self, event: QGraphicsSceneDragDropEvent) -> bool:
        """Add the layer, and select it; False where something else was let go."""
        kind, document = _dragged_kind(event), self._scene.document
        self._scene.light_wire(None)
        if kind is None:
            event.ignore()
            return False
        event.acceptProposedAction()
        middle = event.scenePos()
        corner = (middle.x() - CARD_WIDTH / 2, middle.y() - CARD_HEIGHT / 2)
        wire = self._wire_for(kind, middle)
        if wire is None:
            name = editing.add_layer(document, kind, free_place(document.network.positions.values(), corner))
        else:
            name = splicing.insert(document, kind, wire, corner)
        self._scene.selection.select([name])
        return True

    def _wire_for(self, kind: str, place: QPointF) -> Wire | None:
        """Return the wire at a place, if it can be led through a layer of a kind."""
        wire = self._scene.wire_at(place)
        if wire is None or not splicing.fits_on(self._scene.document.network.graph, KINDS[kind](), wire):
            return None
        return wire


def _dragged_kind(event: QGraphicsSceneDragDropEvent) -> str | None:
    kind = bytes(event.mimeData().data(KIND_MIME).data()).decode(errors="replace")
    return kind if kind in KINDS else None
