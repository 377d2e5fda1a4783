"""Which classes are taken for which."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from engine.protocol.examination import SplitExamined
from studio.models.readings import percent
from studio.qt import theme

NAMES, HEADS = 112, 72
"""Most room for the names of the classes, beside the rows and above the columns, px."""

_GAP = 8
"""Between a name and the cells, px."""

_BELOW = 20
"""Room for the line below the matrix, px."""

LEAST_NUMBERED = 20
"""Width of a cell from which it shows its count, px."""

WIDEST = 48
"""Width of a cell, px, at most; and at most twice its height."""


class ConfusionTable(QWidget):
    """A row a true class, a column an answer. A cell is the stronger the larger its share of the row."""

    chosen = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self._results: SplitExamined | None = None
        self._cell: tuple[int, int] | None = None
        self._size = QSize(2, 2)  # of a cell, px
        self.heads = 0  # room for the names above the columns, px
        self._is_flat = True  # they lie flat, being as short as numbers
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 120)
        self.setAccessibleName(self.tr("Confusion matrix"))

    def sizeHint(self) -> QSize:
        return QSize(280, 200)

    def show_results(self, results: SplitExamined | None, cell: tuple[int, int] | None) -> None:
        """Show results, and mark a cell."""
        self._results, self._cell = results, cell
        self._lay_out()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        """Give the cells what room the names leave, or all where cells are lower than names are high."""
        metrics, names = QFontMetrics(theme.secondary_font()), self._names
        longest = max(map(metrics.horizontalAdvance, names), default=0)
        self._is_flat = longest < LEAST_NUMBERED
        self.heads = metrics.height() if self._is_flat else min(longest + _GAP, HEADS)
        self._size = self._size_below(self.heads)
        if self._size.height() < metrics.height() - 2:
            self.heads = 0
            self._size = self._size_below(0)

    @property
    def _names(self) -> Sequence[str]:
        return self._results.classes if self._results is not None else ()

    def _size_below(self, heads: int) -> QSize:
        count = len(self._names) or 1
        height = max(2, min((self.height() - heads - _BELOW) // count, WIDEST))
        return QSize(max(2, min((self.width() - NAMES) // count, WIDEST, 2 * height)), height)

    def cell_place(self, truth: int, answer: int) -> QRect:
        """Return where a cell is."""
        width, height = self._size.toTuple()
        return QRect(NAMES + answer * width, self.heads + truth * height, width, height)

    def cell_at(self, position: QPoint) -> tuple[int, int] | None:
        """Return the true class and the answer of a cell."""
        if self._results is None:
            return None
        answer = (position.x() - NAMES) // self._size.width()
        truth = (position.y() - self.heads) // self._size.height()
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
        if self.heads:
            self._paint_names(painter, results.classes)
        for truth, row in enumerate(results.confusion):
            total = sum(row)
            for answer, count in enumerate(row):
                share = count / total if total else 0.0
                self._paint_cell(painter, (truth, answer), count, share)
        below = QRect(0, self.cell_place(len(results.classes), 0).top(), self.width(), _BELOW)
        painter.setPen(theme.colour("secondary"))
        right = sum(results.confusion[k][k] for k in range(len(results.classes)))
        whole = sum(map(sum, results.confusion)) or 1
        words = self.tr("rows: true class · columns: answer · {share} right").format(
            share=percent(right / whole)
        )
        painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_names(self, painter: QPainter, classes: Sequence[str]) -> None:
        """Name the classes beside the rows, and above the columns, where long names stand on end."""
        heads, metrics = self.heads, painter.fontMetrics()
        right, cut = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, Qt.TextElideMode.ElideRight
        painter.setPen(theme.colour("text"))
        for number, name in enumerate(classes):
            row, column = self.cell_place(number, 0), self.cell_place(0, number)
            beside = QRect(0, row.top(), NAMES - _GAP, row.height())
            painter.drawText(beside, right, metrics.elidedText(name, cut, beside.width()))
            if self._is_flat:
                above = QRect(column.left(), 0, column.width(), heads)
                painter.drawText(above, Qt.AlignmentFlag.AlignCenter, name)
                continue
            painter.save()
            painter.translate(column.left(), heads - _GAP // 2)
            painter.rotate(-90)
            turned = QRect(0, 0, heads - _GAP // 2, column.width())
            painter.drawText(
                turned, Qt.AlignmentFlag.AlignVCenter, metrics.elidedText(name, cut, turned.width())
            )
            painter.restore()

    def _paint_cell(self, painter: QPainter, cell: tuple[int, int], count: int, share: float) -> None:
        truth, answer = cell
        place = self.cell_place(truth, answer).adjusted(0, 0, -1, -1)
        colour = "success" if truth == answer else "error"
        painter.fillRect(place, theme.colour("background"))
        painter.fillRect(place, theme.colour(colour, 0.12 + 0.6 * share if count else 0.0))
        if count and self.heads and place.width() >= LEAST_NUMBERED - 1:
            painter.setPen(theme.colour("text"))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, f"{count}")
        if cell == self._cell:
            painter.setPen(theme.colour("accent"))
            painter.drawRect(place)
