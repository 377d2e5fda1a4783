"""What a change of a field, while it is typed, does to the shapes after it."""

from __future__ import annotations

from engine.layers.base import TensorType
from studio.models.document import Document


class ShapeChanges:
    """Remembers the outputs of all layers from before the gesture that is going on."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._network = document.network
        self._gesture: object = None
        self._latest = document.inspection.outputs
        self._before = self._latest

    def follow(self) -> None:
        """Take note of a change of the document; to be called once after each."""
        gesture = self._document.undo_stack.gesture
        outputs = self._document.inspection.outputs
        if gesture is None or self._document.network is not self._network:
            self._before = outputs
        elif gesture != self._gesture:
            self._before = self._latest
        self._network, self._gesture, self._latest = self._document.network, gesture, outputs

    def forget(self) -> bool:
        """Take the shapes as they are for what they were; return whether that makes a difference."""
        differs = self._before is not self._latest and self._before != self._latest
        self._before = self._latest
        return differs

    def before(self, layer: str) -> TensorType | None:
        """Return a layer's output before the gesture, where it was another than it is now."""
        before, now = self._before.get(layer), self._latest.get(layer)
        return before if before != now and now is not None else None
