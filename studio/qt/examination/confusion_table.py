"""Which classes are taken for which."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from engine.protocol.examination import SplitExamined
from studio.models.readings import percent
from studio.qt import theme

NAMES = 112
"""Room for the names of the classes, px."""

_BELOW = 20
"""Room for the line below the matrix, px."""

LEAST_NUMBERED = 20
"""Side of a cell from which it shows its count, px."""


class ConfusionTable(QWidget):
    """A row a true class, a column an answer. A cell is the stronger the larger its share of the row."""

    chosen = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self._results: SplitExamined | None = None
        self._cell: tuple[int, int] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 120)
        self.setAccessibleName(self.tr("Confusion matrix"))

    def sizeHint(self) -> QSize:
        return QSize(280, 200)

    def show_results(self, results: SplitExamined | None, cell: tuple[int, int] | None) -> None:
        """Show results, and mark a cell."""
        self._results, self._cell = results, cell
        self.update()

    @property
    def side(self) -> int:
        """Of a cell, px."""
        count = len(self._results.classes) if self._results is not None else 1
        return max(2, min((self.height() - _BELOW) // count, (self.width() - NAMES) // count, 48))

    def cell_place(self, truth: int, answer: int) -> QRect:
        """Return where a cell is."""
        return QRect(NAMES + answer * self.side, truth * self.side, self.side, self.side)

    def cell_at(self, position: QPoint) -> tuple[int, int] | None:
        """Return the true class and the answer of a cell."""
        if self._results is None:
            return None
        answer, truth = (position.x() - NAMES) // self.side, position.y() // self.side
        count = len(self._results.classes)
        return (truth, answer) if 0 <= truth < count and 0 <= answer < count else None

    def describe(self, cell: tuple[int, int]) -> str:
        """Return what a cell counts."""
        results = self._results
        assert results is not None
        truth, answer = cell
        count, total = results.confusion[truth][answer], sum(results.confusion[truth])
        text = self.tr("{truth} taken for {answer}: {count} of {total}")
        return text.format(
            truth=results.classes[truth], answer=results.classes[answer], count=count, total=total
        )

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position().toPoint())
        if cell is not None:
            self.chosen.emit(*cell)

    def event(self, event: object) -> bool:
        if isinstance(event, QHelpEvent):
            cell = self.cell_at(event.pos())
            QToolTip.showText(event.globalPos(), "" if cell is None else self.describe(cell), self)
            return True
        return super().event(event)  # type: ignore[arg-type]

    def paintEvent(self, event: QPaintEvent) -> None:
        results = self._results
        if results is None:
            return
        painter = QPainter(self)
        painter.setFont(theme.secondary_font())
        metrics = painter.fontMetrics()
        for truth, row in enumerate(results.confusion):
            total = sum(row)
            if self.side >= metrics.height() - 2:
                name = metrics.elidedText(results.classes[truth], Qt.TextElideMode.ElideRight, NAMES - 8)
                painter.setPen(theme.colour("text"))
                place = QRect(0, truth * self.side, NAMES - 8, self.side)
                painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, name)
            for answer, count in enumerate(row):
                share = count / total if total else 0.0
                self._paint_cell(painter, (truth, answer), count, share)
        below = QRect(0, len(results.classes) * self.side, self.width(), _BELOW)
        painter.setPen(theme.colour("secondary"))
        right = sum(results.confusion[k][k] for k in range(len(results.classes)))
        whole = sum(map(sum, results.confusion)) or 1
        words = self.tr("rows: true class · columns: answer · {share} right").format(
            share=percent(right / whole)
        )
        painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_cell(self, painter: QPainter, cell: tuple[int, int], count: int, share: float) -> None:
        truth, answer = cell
        place = self.cell_place(truth, answer).adjusted(0, 0, -1, -1)
        colour = "success" if truth == answer else "error"
        painter.fillRect(place, theme.colour("background"))
        painter.fillRect(place, theme.colour(colour, 0.12 + 0.6 * share if count else 0.0))
        if count and self.side >= LEAST_NUMBERED:
            painter.setPen(theme.colour("text"))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, f"{count}")
        if cell == self._cell:
            painter.setPen(theme.colour("accent"))
            painter.drawRect(place)
