"""The inspector's part for where a layer runs, while the network is split over devices."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from engine.graph.split import Placement
from studio.models import splitting
from studio.models.document import Document
from studio.models.splitting import split_of
from studio.qt.device_marks import swatch
from studio.qt.labels import SectionTitle

_SWATCH = QSize(16, 12)

CHOICES: tuple[tuple[Placement | None, str], ...] = (
    (None, "As its first input"),
    ("data", "Examples shared out"),
    ("model", "Outputs shared out"),
    ("replicated", "Whole on each"),
)


class PlaceEditor(QWidget):
    """Chooses a layer's placement, and the devices that it runs on."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._name = ""
        self.placement = QComboBox()
        self.placement.setAccessibleName(self.tr("Placement"))
        for placement, words in CHOICES:
            self.placement.addItem(self.tr(words), placement)
        self.devices: list[QToolButton] = []
        self._marks = QHBoxLayout()
        self._marks.setSpacing(4)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(SectionTitle(self.tr("Split")))
        column.addWidget(self.placement)
        column.addLayout(self._marks)
        self.placement.activated.connect(lambda _: self._on_chosen())

    def show_layer(self, name: str) -> None:
        """Show where a layer runs; hide where there is one device only."""
        self._name = name
        split, place = split_of(self._document), splitting.places(self._document).get(name)
        self.setVisible(len(split.devices) > 1)
        chosen = splitting.chosen_for(self._document, name)
        self.placement.setCurrentIndex(self.placement.findData(None if chosen is None else chosen.placement))
        self._make_buttons(split.devices)
        for number, button in enumerate(self.devices):
            button.setChecked(place is not None and number in place.ranks)
            button.setEnabled(chosen is not None)

    def _make_buttons(self, devices: tuple[str, ...]) -> None:
        while len(self.devices) > len(devices):
            button = self.devices.pop()
            button.hide()
            button.deleteLater()
        while len(self.devices) < len(devices):
            button = QToolButton()
            button.setCheckable(True)
            button.clicked.connect(self._on_chosen)
            # Before the room that is left.
            self._marks.insertWidget(len(self.devices), button)
            self.devices.append(button)
        if self._marks.count() == len(self.devices):
            self._marks.addStretch()
        for number, (name, button) in enumerate(zip(devices, self.devices, strict=True)):
            button.setText(name)
            button.setIcon(QIcon(swatch(number, _SWATCH, self.devicePixelRatioF())))
            button.setIconSize(_SWATCH)
            button.setToolTip(self.tr("Run on device {name}").format(name=name))
            button.setObjectName("choice")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)

    def _on_chosen(self) -> None:
        split = split_of(self._document)
        on = zip(split.devices, self.devices, strict=True)
        devices = tuple(name for name, button in on if button.isChecked()) or split.devices
        splitting.place(self._document, [self._name], self.placement.currentData(), devices)
        self.show_layer(self._name)
