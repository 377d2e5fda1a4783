"""The most probable classes as bars."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from engine.protocol.examination import Chance
from studio.models.readings import percent
from studio.qt import theme

ROW = 20
SHOWN = 5


class ChanceBars(QWidget):
    """A bar a class; the true one has a tick and the colour of success."""

    def __init__(self) -> None:
        super().__init__()
        self._chances: Sequence[Chance] = ()
        self._label: str | None = None
        self.setFixedHeight(SHOWN * ROW)

    def sizeHint(self) -> QSize:
        return QSize(200, SHOWN * ROW)

    def show_chances(self, chances: Sequence[Chance], label: str | None) -> None:
        """Show the most probable classes, and the true one where it is known."""
        self._chances, self._label = chances[:SHOWN], label
        self.setAccessibleName(", ".join(f"{c.name} {percent(c.probability)}" for c in self._chances))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme.secondary_font())
        for number, chance in enumerate(self._chances):
            row = QRect(0, number * ROW, self.width(), ROW - 4)
            is_true = chance.name == self._label
            bar = QRect(row)
            bar.setWidth(max(1, round(row.width() * chance.probability)))
            painter.fillRect(bar, theme.colour("success" if is_true else "accent", 0.35))
            painter.setPen(theme.colour("text"))
            inside = row.adjusted(4, 0, -4, 0)
            middle = Qt.AlignmentFlag.AlignVCenter
            name = f"✓ {chance.name}" if is_true else chance.name
            room = inside.width() - painter.fontMetrics().horizontalAdvance("100.0 %") - 8
            shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room)
            painter.drawText(inside, middle | Qt.AlignmentFlag.AlignLeft, shown)
            painter.drawText(inside, middle | Qt.AlignmentFlag.AlignRight, percent(chance.probability))
