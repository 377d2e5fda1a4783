"""The search for a layer at the pointer, and what becomes of the layer that is chosen there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidgetItem, QVBoxLayout, QWidget

from engine.layers.base import Layer
from engine.layers.catalogue import LAYERS
from studio.models import editing, splicing
from studio.models.document import Document
from studio.models.edits import Position
from studio.models.layout import CARD_HEIGHT, CARD_WIDTH, free_place
from studio.models.selection import Selection
from studio.qt.canvas.ports import PortRef
from studio.qt.canvas.scene import CanvasScene
from studio.qt.labels import Label
from studio.qt.layer_list import ArrowKeys, LayerList, best_first

_WIDTH, _HEIGHT = 264, 328


class SearchBox(QFrame):
    """A search field over a list of layers, best match first. ``chosen`` carries the kind."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("popup")
        self.setFixedSize(_WIDTH, _HEIGHT)
        self._layers: Sequence[type[Layer]] = ()
        self.title = Label(rank="secondary")
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search layers"))
        self.search.setAccessibleName(self.tr("Search layers"))
        self.list = LayerList()
        self.list.setAccessibleName(self.tr("Layers"))
        self.list.setDragEnabled(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        for part in (self.title, self.search, self.list):
            column.addWidget(part)
        ArrowKeys(self.search, self.list)
        self.search.textChanged.connect(self._on_search)
        self.search.returnPressed.connect(lambda: self._choose(self.list.currentItem()))
        self.list.itemClicked.connect(self._choose)

    def open(self, title: str, layers: Sequence[type[Layer]], at: QPoint) -> None:
        """Open at a place of the screen, wholly on it, with these layers to choose from."""
        self._layers = layers
        self.title.setText(title)
        self.search.clear()
        self._on_search("")
        room = self.screen().availableGeometry()
        x = max(room.left(), min(at.x(), room.right() - self.width()))
        y = max(room.top(), min(at.y(), room.bottom() - self.height()))
        self.move(x, y)
        self.show()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)

    def _on_search(self, words: str) -> None:
        self.list.fill_in_order(best_first(self._layers, words))

    def _choose(self, item: QListWidgetItem | None) -> None:
        kind = self.list.kind_of(item)
        if kind:
            self.hide()
            self.chosen.emit(kind)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Close at a second Tab, as at Escape."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Tab:
            if event.type() == QEvent.Type.KeyPress:
                self.hide()
            return True
        return super().event(event)


class QuickAdd:
    """Adds what is chosen in a SearchBox where it was opened: free, on a wire, or at a port."""

    def __init__(self, document: Document, selection: Selection, scene: CanvasScene, box: SearchBox) -> None:
        self._document = document
        self._selection = selection
        self._scene = scene
        self.box = box
        self._add: Callable[[str], str] | None = None
        box.chosen.connect(self._on_chosen)

    def open(self, place: QPointF, at: QPoint) -> None:
        """Offer all layers; over a wire, those that it can be led through."""
        wire = self._scene.wire_at(place) if self._scene.is_open(place) else None
        kinds = splicing.kinds_between(self._document, wire) if wire is not None else []
        if wire is not None and kinds:
            self._add = lambda kind: splicing.insert(self._document, kind, wire, _corner(place))
            words = self.box.tr("Insert between {source} and {target}")
            title = words.format(source=wire.source, target=wire.target)
        else:
            free = free_place(self._document.network.positions.values(), _corner(place))
            self._add = lambda kind: editing.add_layer(self._document, kind, free)
            title = self.box.tr("Add a layer")
        self.box.open(title, kinds or LAYERS, at)

    def open_for(self, port: PortRef, place: QPointF, at: QPoint) -> None:
        """Offer the layers that fit at the end of a wire that was drawn from a port."""
        document, name = self._document, port.layer
        if port.side == "output":
            kinds = splicing.kinds_after(document, name)
            self._add = lambda kind: splicing.add_after(document, kind, name, _under(place))
            title = self.box.tr("Takes what {layer} gives").format(layer=name)
        else:
            kinds = splicing.kinds_before(document, name, port.index)
            self._add = lambda kind: splicing.add_before(document, kind, name, port.index, _over(place))
            title = self.box.tr("Gives what {layer} takes").format(layer=name)
        if kinds:
            self.box.open(title, kinds, at)

    def _on_chosen(self, kind: str) -> None:
        if self._add is not None:
            self._selection.select([self._add(kind)])


def _corner(place: QPointF) -> Position:
    return place.x() - CARD_WIDTH / 2, place.y() - CARD_HEIGHT / 2


def _under(place: QPointF) -> Position:
    """Return where a card lies whose input is at a place."""
    return place.x() - CARD_WIDTH / 2, place.y()


def _over(place: QPointF) -> Position:
    """Return where a card lies whose output is at a place."""
    return place.x() - CARD_WIDTH / 2, place.y() - CARD_HEIGHT
