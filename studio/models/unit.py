"""The unit of a layer that is looked at: what it sees, and who shares its weights."""

from __future__ import annotations

from engine.layers.conv import Conv
from engine.layers.local import Local
from engine.layers.pool import Pool
from engine.plan.analysis.receptive_field import Region, receptive_field
from studio.models.document import Document
from studio.models.observable import Event
from studio.models.selection import Selection

LAYERS = (Conv, Local, Pool)
"""Layers whose units can be looked at."""

Place = tuple[int, int]


class UnitChoice:
    """A unit of the selected layer by its row and column, or none; another selection forgets it."""

    def __init__(self, document: Document, selection: Selection) -> None:
        self.changed: Event[[]] = Event()
        self._document = document
        self._selection = selection
        self._layer: str | None = None
        self._place: Place | None = None
        self.field: dict[str, Region] = {}
        """What the unit sees, by the names of its layer and all before it."""
        document.changed.connect(self._on_changed)
        selection.changed.connect(self._on_changed)

    def detach(self) -> None:
        """Listen to the models no more; for when the window closes."""
        self._document.changed.disconnect(self._on_changed)
        self._selection.changed.disconnect(self._on_changed)

    @property
    def layer(self) -> str | None:
        """The selected layer, if its units can be looked at."""
        name = self._selection.layer
        graph, outputs = self._document.network.graph, self._document.inspection.outputs
        if name is None or name not in graph or not isinstance(graph[name], LAYERS) or graph[name].muted:
            return None
        return name if name in outputs and len(outputs[name].shape) == 3 else None

    @property
    def extents(self) -> Place:
        """Height and width of the selected layer's maps."""
        height, width, _ = self._document.inspection.outputs[self.layer or ""].shape
        return height, width

    @property
    def place(self) -> Place | None:
        """Row and column of the unit."""
        return self._place

    def choose(self, place: Place | None) -> None:
        """Look at another unit, as near to a place as there is one; or at none."""
        if self.layer is None:
            place = None
        elif place is not None:
            height, width = self.extents
            place = min(max(0, place[0]), height - 1), min(max(0, place[1]), width - 1)
        if place != self._place or self._layer != self.layer:
            self._layer, self._place = self.layer, place
            self._look()

    def _on_changed(self) -> None:
        if self._place is None:
            return
        if self.layer != self._layer:
            self.choose(None)
        else:
            place, self._place = self._place, None
            self.choose(place)

    def _look(self) -> None:
        self.field = {}
        if self._layer is not None and self._place is not None:
            graph, inspection = self._document.network.graph, self._document.inspection
            self.field = receptive_field(graph, inspection, self._layer, self._place)
        self.changed.emit()
