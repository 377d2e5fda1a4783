"""What is selected on the canvas; every panel shows it."""

from __future__ import annotations

from collections.abc import Iterable

from engine.graph.layer_graph import Wire
from studio.models.document import Document
from studio.models.observable import Event


class Selection:
    """The selected layers, in the order in which they were selected, the selected wires and comments.

    It follows the document: what is renamed stays selected, what is removed does not, and another network
    begins with nothing selected.
    """

    def __init__(self, document: Document) -> None:
        self.changed: Event[[]] = Event()
        self._document = document
        self._network = document.network
        self._layers: tuple[str, ...] = ()
        self._wires: frozenset[Wire] = frozenset()
        self._comments: tuple[str, ...] = ()
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
    def comments(self) -> tuple[str, ...]:
        """Names of the selected comments."""
        return self._comments

    @property
    def is_empty(self) -> bool:
        """Whether nothing is selected."""
        return not (self._layers or self._wires or self._comments)

    @property
    def layer(self) -> str | None:
        """The one selected layer; None where there is none or more than one."""
        return self._layers[0] if len(self._layers) == 1 else None

    def select(
        self, layers: Iterable[str] = (), wires: Iterable[Wire] = (), comments: Iterable[str] = ()
    ) -> None:
        """Select these layers, wires and comments and nothing else."""
        new = tuple(dict.fromkeys(layers)), frozenset(wires), tuple(dict.fromkeys(comments))
        if new != (self._layers, self._wires, self._comments):
            self._layers, self._wires, self._comments = new
            self.changed.emit()

    def clear(self) -> None:
        """Select nothing."""
        self.select()

    def _on_renamed(self, name: str, new_name: str) -> None:
        layers = (new_name if layer == name else layer for layer in self._layers)
        self.select(layers, self._wires, self._comments)

    def _on_document_changed(self) -> None:
        if self._document.network is not self._network:
            self._network = self._document.network
            self.clear()
        graph, comments = self._network.graph, self._network.comments
        wires = set(graph.wires())
        self.select(
            (name for name in self._layers if name in graph),
            (wire for wire in self._wires if wire in wires),
            (name for name in self._comments if name in comments),
        )
