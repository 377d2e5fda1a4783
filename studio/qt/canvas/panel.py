"""The canvas with what floats over it: lenses, zoom buttons, overview, and what an empty canvas says."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from studio.models.document import Document
from studio.models.forecast import ForecastModel
from studio.models.lens import LensChoice
from studio.models.selection import Selection
from studio.models.unit import UnitChoice
from studio.qt import icons
from studio.qt.canvas.field_items import FieldItems
from studio.qt.canvas.lens_bar import LensBar
from studio.qt.canvas.lens_note import LensNote
from studio.qt.canvas.minimap import Minimap
from studio.qt.canvas.scene import CanvasScene
from studio.qt.canvas.start_page import StartPage
from studio.qt.canvas.view import CanvasView
from studio.qt.labels import Label

_MARGIN, _GAP = 12, 8
_ROOM_FOR_NOTE = 320


class CanvasPanel(QWidget):
    """Holds the canvas; before there is a network the start page lies over it, then a hint."""

    start_shown = Signal(bool)
    """The start page was opened, or left."""

    def __init__(
        self,
        document: Document,
        selection: Selection,
        forecast: ForecastModel | None = None,
        unit: UnitChoice | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._network = document.network
        self.lens = LensChoice()
        known = forecast or ForecastModel(document)
        self.scene = CanvasScene(document, selection, self.lens, known, self)
        self.fields = FieldItems(document, unit or UnitChoice(document, selection), self.scene.nodes)
        self.view = CanvasView(self.scene, document, selection)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        self._zoom_bar = _ZoomBar(self.view, self)
        self.lens_bar = LensBar(self.lens, self)
        self.lens_note = LensNote(self.lens, document, self)
        self.minimap = Minimap(self.view, self.scene, document, self)
        self.hint = _Hint(self)
        self.hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.start_page = StartPage(self)
        self.start_page.empty_chosen.connect(self._on_empty_chosen)
        self._has_started = False
        document.changed.connect(self._on_document_changed)
        self.setMinimumSize(240, 200)
        self.setFocusProxy(self.view)
        self._on_document_changed()

    def detach(self) -> None:
        """Listen to the models no more; for when the window closes."""
        self._document.changed.disconnect(self._on_document_changed)
        self.fields.detach()
        self.scene.detach()
        for floating in (self.lens_bar, self.lens_note, self.minimap):
            floating.detach()
        self.view.detach()

    def _on_document_changed(self) -> None:
        is_empty = len(self._document.network.graph) == 0
        if self._network is not self._document.network:
            self._network, self._has_started = self._document.network, False
        self._has_started = self._has_started or not is_empty or self._document.path is not None
        is_start = not self._has_started
        if self.start_page.isHidden() == is_start:
            focus = QApplication.focusWidget()
            if focus is not None and self.start_page.isAncestorOf(focus):
                self.view.setFocus(Qt.FocusReason.OtherFocusReason)
            self.start_page.setVisible(is_start)
            self.start_shown.emit(is_start)
        self.hint.setVisible(is_empty and self._has_started)
        self.lens_bar.setVisible(not is_empty)

    def _on_empty_chosen(self) -> None:
        self._has_started = True
        self._on_document_changed()
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        bar = self._zoom_bar
        bar.adjustSize()
        self.view.keep_free = bar.size() + QSize(_MARGIN, _MARGIN)
        bar.move(self.width() - bar.width() - _MARGIN, self.height() - bar.height() - _MARGIN)
        self.lens_bar.fit(self.width() - 2 * _MARGIN)
        self.lens_bar.move(_MARGIN, _MARGIN)
        self._place_lens_note()
        self.minimap.settle()
        self.start_page.setGeometry(self.rect())
        box = self.hint
        box.resize(min(320, self.width()), box.heightForWidth(min(320, self.width())))
        box.move((self.width() - box.width()) // 2, (self.height() - box.height()) // 2)

    def _place_lens_note(self) -> None:
        """Put it beside the switch of lenses, or below where there is no room."""
        bar, note = self.lens_bar.geometry(), self.lens_note
        beside = self.width() - bar.right() - _GAP - _MARGIN
        note.fit(beside if beside >= _ROOM_FOR_NOTE else self.width() - 2 * _MARGIN)
        if beside >= _ROOM_FOR_NOTE:
            note.move(bar.right() + _GAP, bar.center().y() - note.height() // 2)
        else:
            note.move(_MARGIN, bar.bottom() + _GAP)


class _ZoomBar(QFrame):
    def __init__(self, view: CanvasView, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("floating")
        self._buttons: dict[str, QToolButton] = {}
        self._percent = Label("100 %")
        self._percent.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._percent.setMinimumWidth(48)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2, 2, 2, 2)
        layout.setSpacing(0)
        layout.addWidget(self._button("minus", self.tr("Zoom out"), view.zoom_out))
        layout.addWidget(self._percent)
        layout.addWidget(self._button("plus", self.tr("Zoom in"), view.zoom_in))
        layout.addWidget(self._button("fit", self.tr("Show the whole network"), view.fit_all))
        view.zoomed.connect(self._on_zoomed)
        self._on_zoomed(view.zoom)

    def _button(self, icon: str, words: str, slot: Callable[[], None]) -> QToolButton:
        button = QToolButton()
        button.setObjectName("flat")
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.clicked.connect(slot)
        button.setIcon(icons.icon(icon, 16))
        self._buttons[icon] = button
        return button

    def _on_zoomed(self, zoom: float) -> None:
        self._percent.setText(f"{zoom:.0%}".replace("%", " %"))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for name, button in self._buttons.items():
                button.setIcon(icons.icon(name, 16))


class _Hint(QFrame):
    """What an empty canvas says."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        title = Label(self.tr("Draw a network here"), "heading")
        drag = Label(self.tr("Drag layers from the left, then drag from port to port."), "secondary")
        search = Label(self.tr("Press Tab, or double-click, to search for a layer."), "secondary")
        for label in (title, drag, search):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            layout.addWidget(label)
