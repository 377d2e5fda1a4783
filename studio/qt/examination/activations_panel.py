"""What the network makes of one picture, layer by layer."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.protocol.examination import LARGEST_FILE, LayerMaps
from studio.models.examination import ExaminationModel
from studio.models.readings import three_digits
from studio.models.selection import Selection
from studio.qt.empty_note import EmptyNote
from studio.qt.examination.chance_bars import ChanceBars
from studio.qt.examination.pictures import OnePicture, PictureGrid, map_image
from studio.qt.labels import ProblemLabel, ShortLabel
from studio.qt.scroller import Scroller
from studio.qt.spin_box import SpinBox
from studio.qt.texts import error_text

PICTURE, TILE = 112, 56
"""Sides of the picture and of a map, px."""


class ActivationsPanel(QWidget):
    """Chooses a picture, and shows answers and the maps of the selected layer, strongest first."""

    def __init__(self, model: ExaminationModel, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model, self._selection = model, selection
        self._split, self._index = QComboBox(), SpinBox()
        self._open = QPushButton(self.tr("Picture…"))
        self._picture = OnePicture(PICTURE)
        self._facts = ShortLabel(rank="secondary")
        self.problem = ProblemLabel()
        self.bars = ChanceBars()
        self.header = ShortLabel(rank="secondary")
        self.maps = PictureGrid(TILE)
        self.note = EmptyNote()
        self._pages = QStackedWidget()
        self._build()
        self._connect()
        self._refresh()

    def _build(self) -> None:
        for title, split in (
            (self.tr("Test"), "test"),
            (self.tr("Validation"), "validation"),
            (self.tr("Train"), "train"),
        ):
            self._split.addItem(title, split)
        self._split.setAccessibleName(self.tr("Pictures of"))
        self._index.setRange(1, 1)
        self._index.setPrefix("# ")
        self._index.setAccessibleName(self.tr("Number of the picture"))
        self._open.setToolTip(self.tr("Look at a picture file; or drop one here"))
        self.setAcceptDrops(True)
        choice = QHBoxLayout()
        choice.setSpacing(4)
        for widget in (self._split, self._index, self._open):
            choice.addWidget(widget)
        left = QVBoxLayout()
        left.setSpacing(4)
        left.addLayout(choice)
        left.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignHCenter)
        left.addWidget(self._facts)
        left.addWidget(self.problem)
        left.addWidget(self.bars)
        left.addStretch()
        column = QWidget()
        column.setLayout(left)
        column.setFixedWidth(248)
        left.setContentsMargins(0, 0, 0, 0)
        right = QVBoxLayout()
        right.setSpacing(4)
        right.addWidget(self.header)
        right.addWidget(Scroller(self.maps), 1)
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(column)
        row.addLayout(right, 1)
        self._body = body
        self._pages.addWidget(body)
        self._pages.addWidget(self.note)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._pages)

    def _connect(self) -> None:
        self._split.activated.connect(self._on_split)  # also the same one, to come back from a file
        self._index.valueChanged.connect(self._on_index)
        self._open.clicked.connect(self._on_open)
        self._model.picture_changed.connect(self._refresh)
        self._selection.changed.connect(self._show_maps)

    # ---- What happens -----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._model.set_visible(True)
        self._refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._model.set_visible(False)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            self.open_file(Path(files[0]))

    def open_file(self, path: Path) -> None:
        """Look at a picture file."""
        try:
            too_large = path.stat().st_size > LARGEST_FILE
            content = b"" if too_large else path.read_bytes()
        except OSError as error:
            self.problem.say(f"{path.name}: {error.strerror or error}")
            return
        if too_large:
            self.problem.say(f"{path.name}: {self.tr('The file is larger than 32 MB.')}")
        else:
            self._model.show_file(content, path.name)

    def _on_open(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Look at a picture"))
        if path:
            self.open_file(Path(path))

    def _on_split(self) -> None:
        with QSignalBlocker(self._index):
            self._index.setValue(1)
        self._model.show(self._split.currentData(), 0)

    def _on_index(self, number: int) -> None:
        self._model.show(self._split.currentData(), number - 1)

    def _refresh(self) -> None:
        model = self._model
        examined = model.examined
        if examined is None and model.problem is None:
            self._pages.setCurrentWidget(self.note)
            waits = self.tr("Looking at the picture…")
            first = self.tr("What each layer gives for a picture, from the first checkpoint on")
            self.note.say(waits if model.can_ask else first)
            return
        self._pages.setCurrentWidget(self._body)
        with QSignalBlocker(self._index):
            if examined is not None and examined.count:
                self._index.setRange(1, examined.count)
                self._index.setValue(model.index + 1)
        for widget in (self._picture, self.bars):
            widget.setVisible(examined is not None)
        self._picture.show_picture(examined.picture if examined is not None else None)
        self.bars.show_chances(examined.answers if examined is not None else (), self._label)
        self.problem.say("" if model.problem is None else error_text(model.problem))
        self._facts.set_text(" · ".join(self._describe()))
        self._show_maps()

    def _describe(self) -> list[str]:
        """Which picture it is, and what was asked about it."""
        examined, words = self._model.examined, []
        if self._model.file_name is not None:
            words.append(self._model.file_name)
        elif examined is not None and examined.label is not None:
            words.append(examined.label)
        if examined is not None:
            words.append(self.tr("weights of step {step}").format(step=f"{examined.step:,}"))
        return words

    @property
    def _label(self) -> str | None:
        return None if self._model.examined is None else self._model.examined.label

    def _show_maps(self) -> None:
        shown = self._maps_to_show()
        if shown is None:
            self.header.set_text("")
            self.maps.show_images([], [])
            return
        count = self.tr("{count} maps").format(count=shown.channels)
        if len(shown.shown) < shown.channels:
            count = self.tr("{some} of {count} maps shown").format(
                some=len(shown.shown), count=f"{shown.channels:,}"
            )
        largest = self.tr("largest {value}").format(value=three_digits(shown.largest))
        self.header.set_text(" · ".join((shown.layer, count, self.tr("strongest first"), largest)))
        tips = [self.tr("Map {number}").format(number=number + 1) for number in shown.shown]
        self.maps.show_images([map_image(shown, at) for at in range(len(shown.shown))], tips)

    def _maps_to_show(self) -> LayerMaps | None:
        """The maps of the selected layer, else of the first one."""
        chosen = (self._model.maps(name) for name in self._selection.layers)
        found = next((maps for maps in chosen if maps is not None), None)
        examined = self._model.examined
        return found or (examined.layers[0] if examined is not None and examined.layers else None)
