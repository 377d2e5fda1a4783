"""The palette: all kinds of layers by family, to be dragged or double-clicked onto the canvas."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QLineEdit, QListWidgetItem, QVBoxLayout, QWidget

from engine.layers.catalogue import LAYERS
from studio.qt import icons
from studio.qt.layer_list import ArrowKeys, LayerList, matches


class Palette(QWidget):
    """A search field over the list of layers. ``chosen`` says which kind is to be added."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search layers"))
        self.search.setAccessibleName(self.tr("Search layers"))
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icons.icon("search", 16), QLineEdit.ActionPosition.LeadingPosition)
        self.list = LayerList()
        self.list.setAccessibleName(self.tr("Layers"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 0)
        layout.setSpacing(8)
        layout.addWidget(self.search)
        layout.addWidget(self.list)
        self.setFocusProxy(self.search)
        self.search.textChanged.connect(self._on_search)
        self.search.returnPressed.connect(self._choose_current)
        ArrowKeys(self.search, self.list)
        self.list.itemActivated.connect(self._on_activated)
        self._on_search("")

    def _on_search(self, words: str) -> None:
        self.list.fill([layer for layer in LAYERS if matches(layer, words)])

    def _on_activated(self, item: QListWidgetItem) -> None:
        kind = self.list.kind_of(item)
        if kind:
            self.chosen.emit(kind)

    def _choose_current(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self._on_activated(item)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.search.actions()[0].setIcon(icons.icon("search", 16))
