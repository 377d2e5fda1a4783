"""How the network answers for all pictures of a split."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.protocol.examination import AnsweredPicture
from studio.models.examination import ExaminationModel
from studio.models.readings import percent
from studio.qt.empty_note import EmptyNote
from studio.qt.examination.confusion_table import ConfusionTable
from studio.qt.examination.pictures import PictureGrid, as_image
from studio.qt.labels import Label, ShortLabel
from studio.qt.scroller import Scroller
from studio.qt.texts import error_text

TILE = 48
"""Side of a picture, px."""


class ResultsPanel(QWidget):
    """Confusion matrix, whose cells open their pictures, and the worst answers."""

    picture_chosen = Signal(int)
    """Number of a picture of the split that shall be looked at more closely."""

    def __init__(self, model: ExaminationModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._split = QComboBox()
        self.measure_button = QPushButton(self.tr("Measure"))
        self.cancel_button = QPushButton(self.tr("Cancel"))
        self._facts = ShortLabel(rank="secondary")
        self.table = ConfusionTable()
        self.worst_button = QPushButton(self.tr("Worst answers"))
        self.header = Label(rank="secondary")
        self.pictures = PictureGrid(TILE)
        self._shown: Sequence[AnsweredPicture] = ()
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
        self.measure_button.setToolTip(self.tr("Let the newest checkpoint answer for all pictures"))
        self.worst_button.setToolTip(self.tr("Wrong answers whose true class was the least probable"))
        top = QHBoxLayout()
        top.setSpacing(8)
        for widget in (self._split, self.measure_button, self.cancel_button):
            top.addWidget(widget)
        top.addWidget(self._facts, 1)
        self.header.setWordWrap(True)
        right = QVBoxLayout()
        right.setSpacing(4)
        right.addWidget(self.worst_button, 0, Qt.AlignmentFlag.AlignLeft)
        right.addWidget(self.header)
        right.addWidget(Scroller(self.pictures), 1)
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.table, 3)
        row.addLayout(right, 2)
        self._body = body
        self._pages.addWidget(body)
        self._pages.addWidget(self.note)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self._pages, 1)

    def _connect(self) -> None:
        self.measure_button.clicked.connect(lambda: self._model.measure(self._split.currentData()))
        self.cancel_button.clicked.connect(self._model.cancel)
        self.table.chosen.connect(self._model.show_cell)
        self.worst_button.clicked.connect(self._show_worst)
        self.pictures.clicked.connect(lambda at: self.picture_chosen.emit(self._shown[at].index))
        self._model.results_changed.connect(self._refresh)
        self._model.picture_changed.connect(self._refresh)
        self._model.cell_changed.connect(self._on_cell)

    def _refresh(self) -> None:
        model = self._model
        self.measure_button.setEnabled(model.can_ask and not model.is_measuring)
        self.cancel_button.setVisible(model.is_measuring)
        results = model.results
        if model.is_measuring:
            self._facts.set_text(self.tr("Measuring…"))
        elif model.results_problem is not None:
            self._facts.set_text(error_text(model.results_problem))
        elif results is not None:
            text = self.tr("{count} pictures · weights of step {step}")
            count = sum(map(sum, results.confusion))
            self._facts.set_text(text.format(count=f"{count:,}", step=f"{results.step:,}"))
        else:
            self._facts.set_text("")
        self._pages.setCurrentWidget(self.note if results is None else self._body)
        if results is None:
            self.note.say(self.tr("Which classes are taken for which, and the worst answers"))
        elif model.cell_of is None:
            self._show_worst()
        self.table.show_results(results, model.cell_of)

    def _show_worst(self) -> None:
        if self._model.results is not None:
            self.header.setText(self.tr("Worst answers"))
            self.worst_button.hide()
            self._show(self._model.results.worst)

    def _on_cell(self) -> None:
        model = self._model
        self.table.show_results(model.results, model.cell_of)
        if model.cell_of is None or model.results is None:
            return
        words = self.table.describe(model.cell_of)
        cell = model.cell
        if cell is not None and len(cell.pictures) < cell.count:
            words += self.tr(" · {some} shown").format(some=len(cell.pictures))
        self.header.setText(words)
        self.worst_button.show()
        self._show(cell.pictures if cell is not None else ())

    def _show(self, pictures: Sequence[AnsweredPicture]) -> None:
        results = self._model.results
        assert results is not None
        self._shown = pictures
        text = self.tr("#{number}: {truth} ({p}), taken for {answer} ({q})")
        tips = [
            text.format(
                number=picture.index + 1,
                truth=results.classes[picture.truth],
                p=percent(picture.truth_probability),
                answer=results.classes[picture.answer],
                q=percent(picture.answer_probability),
            )
            for picture in pictures
        ]
        self.pictures.show_images([as_image(picture.picture) for picture in pictures], tips)
