"""The learning rate over the training, as a curve."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.graph.schedules import Schedule
from studio.models.readings import three_digits
from studio.qt import theme

_HEIGHT = 96
_POINTS = 240
_LEFT, _TOP, _RIGHT, _BOTTOM = 4.0, 20.0, 4.0, 20.0


class ScheduleCurve(QWidget):
    """Shows a schedule over a number of epochs: the rate upwards from 0, the epochs to the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rates: list[float] = []
        self._epochs = 1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Learning rate over the training"))

    def show_schedule(self, schedule: Schedule, epochs: int) -> None:
        """Show the rate of a training of ``epochs``."""
        self._epochs = epochs
        places = [epochs * index / (_POINTS - 1) for index in range(_POINTS)]
        self._rates = [schedule.rate_at(place, epochs) for place in places]
        words = self.tr("From {first} to {last} over {epochs} epochs").format(
            first=three_digits(self._rates[0]), last=three_digits(self._rates[-1]), epochs=epochs
        )
        self.setToolTip(words)
        self.setAccessibleDescription(words)
        self.update()

    @property
    def rates(self) -> list[float]:
        """The rates that are drawn, from the first epoch to the last."""
        return self._rates

    def sizeHint(self) -> QSize:
        return QSize(160, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = QRectF(self.rect()).adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.drawLine(room.topLeft(), room.topRight())
        painter.drawLine(room.bottomLeft(), room.bottomRight())
        highest = max(self._rates, default=0.0)
        self._paint_words(painter, room, highest)
        if highest <= 0:
            return
        across = room.width() / (_POINTS - 1)
        line = [
            QPointF(room.left() + across * index, room.bottom() - room.height() * rate / highest)
            for index, rate in enumerate(self._rates)
        ]
        self._paint_curve(painter, line, room)

    def _paint_words(self, painter: QPainter, room: QRectF, highest: float) -> None:
        painter.setPen(theme.colour("secondary"))
        painter.setFont(theme.secondary_font())
        above, below = QRectF(self.rect()), QRectF(self.rect())
        above.setBottom(room.top() - 2)
        below.setTop(room.bottom() + 2)
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        painter.drawText(above, left | Qt.AlignmentFlag.AlignBottom, three_digits(highest))
        painter.drawText(below, left | Qt.AlignmentFlag.AlignTop, "0")
        epochs = self.tr("{count} epochs").format(count=self._epochs)
        painter.drawText(below, right | Qt.AlignmentFlag.AlignTop, epochs)

    def _paint_curve(self, painter: QPainter, line: list[QPointF], room: QRectF) -> None:
        area = QPolygonF([room.bottomLeft(), *line, room.bottomRight()])
        tint = QColor(theme.colour("accent"))
        tint.setAlphaF(0.12)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint)
        painter.drawPolygon(area)
        painter.setPen(QPen(theme.colour("accent"), 1.5))
        painter.drawPolyline(line)
