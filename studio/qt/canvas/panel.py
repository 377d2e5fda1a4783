"""The canvas with what floats over it: zoom buttons, and what an empty canvas says."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from engine.graph.examples import example_names
from studio.models.document import Document
from studio.models.forecast import ForecastModel
from studio.models.lens import LensChoice
from studio.models.selection import Selection
from studio.qt import icons
from studio.qt.canvas.lens_bar import LensBar
from studio.qt.canvas.scene import CanvasScene
from studio.qt.canvas.view import CanvasView
from studio.qt.labels import Label

_MARGIN = 12
_EXAMPLES_ABREAST = 3  # as many as the narrow canvas beside a training has room for


class CanvasPanel(QWidget):
    """Holds the canvas. ``example_chosen`` is emitted where an empty canvas is to be filled."""

    example_chosen = Signal(str)

    def __init__(
        self,
        document: Document,
        selection: Selection,
        forecast: ForecastModel | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self.lens = LensChoice()
        known = forecast or ForecastModel(document)
        self.scene = CanvasScene(document, selection, self.lens, known, self)
        self.view = CanvasView(self.scene, document, selection)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        self._zoom_bar = _ZoomBar(self.view, self)
        self.lens_bar = LensBar(self.lens, self)
        self.invitation = _Invitation(self)
        self.invitation.example_chosen.connect(self.example_chosen)
        document.changed.connect(self._on_document_changed)
        self.setMinimumSize(240, 200)
        self.setFocusProxy(self.view)
        self._on_document_changed()

    def detach(self) -> None:
        """Listen to the models no more; for when the window closes."""
        self._document.changed.disconnect(self._on_document_changed)
        self.scene.detach()
        self.lens_bar.detach()
        self.view.detach()

    def _on_document_changed(self) -> None:
        is_empty = len(self._document.network.graph) == 0
        self.invitation.setVisible(is_empty)
        self.lens_bar.setVisible(not is_empty)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        bar = self._zoom_bar
        bar.adjustSize()
        self.view.keep_free = bar.size() + QSize(_MARGIN, _MARGIN)
        bar.move(self.width() - bar.width() - _MARGIN, self.height() - bar.height() - _MARGIN)
        self.lens_bar.adjustSize()
        self.lens_bar.move(_MARGIN, _MARGIN)
        box = self.invitation
        box.adjustSize()
        box.move((self.width() - box.width()) // 2, (self.height() - box.height()) // 2)


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


class _Invitation(QFrame):
    """What an empty canvas says."""

    example_chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        title = Label(self.tr("Draw a network here"), "heading")
        note = Label(self.tr("Drag layers from the left, then drag from port to port."), "secondary")
        examples = Label(self.tr("Or open an example:"), "secondary")
        for label in (title, note, examples):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(label)
        grid = QGridLayout()
        for index, name in enumerate(example_names()):
            button = QPushButton(name)
            button.setAccessibleName(self.tr("Open example {name}").format(name=name))
            button.clicked.connect(lambda _=False, name=name: self.example_chosen.emit(name))
            grid.addWidget(button, index // _EXAMPLES_ABREAST, index % _EXAMPLES_ABREAST)
        layout.addLayout(grid)
