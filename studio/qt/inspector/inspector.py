"""The inspector: the page for what is selected."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from studio.models.document import Document
from studio.models.selection import Selection
from studio.models.unit import UnitChoice
from studio.qt.empty_note import EmptyNote
from studio.qt.inspector.layer_panel import LayerPanel
from studio.qt.inspector.network_panel import NetworkPanel
from studio.qt.inspector.several_panel import SeveralPanel


class Inspector(QWidget):
    """Shows the selected layer; the network where none is selected, and a sum where several are.

    Before anything is drawn it says what will be here.
    """

    def __init__(
        self,
        document: Document,
        selection: Selection,
        unit: UnitChoice | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self.unit = unit or UnitChoice(document, selection)
        self._selection = selection
        self.network_panel = NetworkPanel(document)
        self.several_panel = SeveralPanel(document)
        self.layer_panel: LayerPanel | None = None
        self._layer_panels: dict[str, LayerPanel] = {}
        self.start_note = EmptyNote(self.tr("The settings of the layer or network that you choose"))
        self._has_started = True
        self._stack = QStackedWidget()
        self._pages: dict[QWidget, QScrollArea] = {}
        for panel in (self.network_panel, self.several_panel, self.start_note):
            self._add(panel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        document.changed.connect(self._refresh)
        selection.changed.connect(self._refresh)
        self._refresh()

    def detach(self) -> None:
        """Listen to the models no more; for when the window closes."""
        for panel in self._layer_panels.values():
            panel.detach()
        self._document.changed.disconnect(self._refresh)
        self._selection.changed.disconnect(self._refresh)

    def show_start(self, is_shown: bool) -> None:
        """Show the settings of a network only once one was begun."""
        self._has_started = not is_shown
        self._refresh()

    def focus_field(self, name: str | None) -> None:
        """Bring the keyboard to a field of the selected layer, by default to its name."""
        if self.layer_panel is None:
            return
        if name is not None and name in self.layer_panel.form.editors:
            self.layer_panel.form.focus_field(name)
        else:
            self.layer_panel.name_editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def _refresh(self) -> None:
        graph = self._document.network.graph
        names = [name for name in self._selection.layers if name in graph]
        self.layer_panel = self._panel_for(names[0]) if len(names) == 1 else None
        if self.layer_panel is not None:
            self._show(self.layer_panel)
            self.layer_panel.show_layer(names[0])
        elif names:
            self._show(self.several_panel)
            self.several_panel.show_layers(names)
        elif not self._has_started:
            self._show(self.start_note)
        else:
            self._show(self.network_panel)
            self.network_panel.show_network()

    def _panel_for(self, name: str) -> LayerPanel:
        """Return the page for a layer's kind; it is made once."""
        layer = type(self._document.network.graph[name])
        if layer.kind not in self._layer_panels:
            self._layer_panels[layer.kind] = LayerPanel(self._document, layer, self.unit)
            self._add(self._layer_panels[layer.kind])
        return self._layer_panels[layer.kind]

    def _add(self, panel: QWidget) -> None:
        page = QScrollArea()
        page.setFrameShape(QFrame.Shape.NoFrame)
        page.setWidgetResizable(True)
        page.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        panel.setContentsMargins(12, 12, 12, 12)
        page.setWidget(panel)
        self._pages[panel] = page
        self._stack.addWidget(page)

    def _show(self, panel: QWidget) -> None:
        self._stack.setCurrentWidget(self._pages[panel])
