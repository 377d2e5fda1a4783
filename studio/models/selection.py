"""What is selected on the canvas; every panel shows it."""

from __future__ import annotations

from collections.abc import Iterable

from engine.graph.layer_graph import Wire
from studio.models.document import Document
from studio.models.observable import Event


class Selection:
    """The selected layers, in the order in which they were selected, and the selected wires.

    It follows the document: what is renamed stays selected, what is removed does not, and another network
    begins with nothing selected.
    """

    def __init__(self, document: Document) -> None:
        self.changed: Event[[]] = Event()
        self._document = document
        self._network = document.network
        self._layers: tuple[str, ...] = ()
        self._wires: frozenset[Wire] = frozenset()
        document.renamed.connect(self._on_renamed)
        document.changed.connect(self._on_document_changed)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the selected layers."""
        return self._layers

    @property
    def wires(self) -> frozenset[Wire]:
        """The selected wires."""
        return self._wires

    @property
    def layer(self) -> str | None:
        """The one selected layer; None where there is none or more than one."""
        return self._layers[0] if len(self._layers) == 1 else None

    def select(self, layers: Iterable[str] = (), wires: Iterable[Wire] = ()) -> None:
        """Select these layers and wires and nothing else."""
        new_layers, new_wires = tuple(dict.fromkeys(layers)), frozenset(wires)
        if (new_layers, new_wires) != (self._layers, self._wires):
            self._layers, self._wires = new_layers, new_wires
            self.changed.emit()

    def clear(self) -> None:
        """Select nothing."""
        self.select()

    def _on_renamed(self, name: str, new_name: str) -> None:
        self.select(new_name if layer == name else layer for layer in self._layers)

    def _on_document_changed(self) -> None:
        if self._document.network is not self._network:
            self._network = self._document.network
            self.clear()
        graph = self._network.graph
        wires = set(graph.wires())
        self.select(
            (name for name in self._layers if name in graph), (wire for wire in self._wires if wire in wires)
        )
