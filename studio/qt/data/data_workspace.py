"""The workspace in which a data set is chosen, looked at, and the network fitted to it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.layers.base import Layer
from engine.layers.data import Data
from studio.models.data import DataModel, DataState
from studio.models.document import Document
from studio.qt.data.looking import Looking
from studio.qt.data.seen_view import SeenView
from studio.qt.data.settings_panel import WIDTH, SettingsPanel
from studio.qt.empty_note import EmptyNote
from studio.qt.inspector.note import Note
from studio.qt.labels import Label, ShortLabel
from studio.qt.panel import Panel
from studio.qt.texts import error_text, layer_text

_SCROLL_BAR = 12
_LOOK_AFTER = 700
"""ms after the last change of the settings before the data set is looked at anew."""


class DataWorkspace(QWidget):
    """The data settings on the left; on the right what a look at the data set told."""

    def __init__(self, document: Document, data: DataModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._data = document, data
        self.settings = SettingsPanel(document)
        self.heading = Label(rank="heading")
        self.facts = ShortLabel(rank="secondary")
        self.look_button = QPushButton(self.tr("Look again"))
        self.fit_button = QPushButton(self.tr("Fit network to data"))
        self.misfit = Note(rank="secondary")
        self.seen = SeenView()
        self.note = EmptyNote()
        self.looking = Looking()
        self._pages = QStackedWidget()
        self._timer = QTimer(self, interval=_LOOK_AFTER, singleShot=True)
        self._build()
        self._timer.timeout.connect(self._look_if_needed)
        self.look_button.clicked.connect(data.look)
        self.fit_button.clicked.connect(data.fit)
        self.note.triggered.connect(data.look)
        self.looking.cancelled.connect(data.cancel)
        document.changed.connect(self._on_document_changed)
        data.changed.connect(self._on_data_changed)
        self._on_document_changed()
        self._on_data_changed()

    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 8, 8, 8)
        row.setSpacing(8)
        settings = _scrolled(self.settings)
        settings.setFixedWidth(WIDTH + _SCROLL_BAR)
        row.addWidget(Panel(settings))
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.heading)
        head.addWidget(self.facts, 1)
        head.addWidget(self.look_button)
        head.addWidget(self.fit_button)
        column.addLayout(head)
        column.addWidget(self.misfit)
        column.addWidget(_scrolled(self.seen), 1)
        for widget in (page, self.note, self.looking):
            self._pages.addWidget(widget)
        row.addWidget(self._pages, 1)

    # ---- what happens ------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start(0)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _look_if_needed(self) -> None:
        if self.isVisible() and not self._data.is_current:
            self._data.look()

    def _on_document_changed(self) -> None:
        self.settings.form.show_settings()
        self._show_misfits()
        if self.isVisible() and not self._data.is_current:
            self._timer.start(_LOOK_AFTER)

    def _on_data_changed(self) -> None:
        state = self._data.state
        if state is DataState.SEEN and self._data.seen is not None:
            self.heading.setText(self._data.seen.name)
            self.facts.set_text(_summary(self._data.seen.shape, len(self._data.seen.classes)))
            self.seen.show_seen(self._data.seen)
            self._pages.setCurrentIndex(0)
        elif state is DataState.LOOKING:
            self._show_looking()
        else:
            self._show_note()
        self._show_misfits()

    def _show_looking(self) -> None:
        """What was seen last stays for the moment that another look takes, unless that decodes pictures."""
        self.looking.show_decoded(self._data.decoded)
        if self._data.seen is None or self._data.decoded:
            self._pages.setCurrentWidget(self.looking)
        else:
            self.facts.set_text(self.tr("Reading the data set"))

    def _show_note(self) -> None:
        cause = self._data.cause
        if cause is not None:
            self.note.say(error_text(cause), self.tr("Try again"), is_problem=True)
        else:
            self.note.say(
                self.tr("Classes, mean and pictures of the data set, and what training makes of them"),
                self.tr("Look at the data"),
            )
        self._pages.setCurrentWidget(self.note)

    def _show_misfits(self) -> None:
        misfits = self._data.misfits
        self.fit_button.setEnabled(bool(misfits))
        changes = [_change(name, *layers) for name, layers in misfits.items()]
        self.misfit.say(self.tr("To fit: {changes}").format(changes="; ".join(changes)) if changes else "")


def _scrolled(content: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidgetResizable(True)
    area.setWidget(content)
    area.viewport().setAutoFillBackground(False)
    content.setAutoFillBackground(False)
    return area


def _summary(shape: tuple[int, int, int], classes: int) -> str:
    height, width, channels = shape
    sizes = QCoreApplication.translate("DataWorkspace", "{classes} classes · {height} × {width} px")
    kinds = {
        1: QCoreApplication.translate("DataWorkspace", "grey"),
        3: QCoreApplication.translate("DataWorkspace", "colour"),
    }
    other = QCoreApplication.translate("DataWorkspace", "{channels} channels").format(channels=channels)
    text = sizes.format(classes=f"{classes:,}", height=height, width=width)
    return f"{text} · {kinds.get(channels, other)}"


def _change(name: str, before: Layer, after: Layer) -> str:
    """Return what fitting changes of a layer, such as "data 24×24 px · 3 ch → 8×8 px · 1 ch"."""
    if isinstance(before, Data):
        return f"{name} {before.caption()} → {after.caption()}"
    changed = [
        (spec.title, getattr(before, field), getattr(after, field))
        for field, spec in before.specs().items()
        if getattr(before, field) != getattr(after, field)
    ]
    return ", ".join(f"{name} {layer_text(title).lower()} {old} → {new}" for title, old, new in changed)
