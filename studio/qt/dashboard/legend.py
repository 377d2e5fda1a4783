"""What the lines of the plots mean."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.curves import SPLITS
from engine.protocol.messages import Split
from studio.qt.dashboard.plot import STYLES, split_colour
from studio.qt.labels import Label


class Legend(QWidget):
    """A sample of each split's line beside the split's name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        names: dict[Split, str] = {
            "train": self.tr("Train"),
            "validation": self.tr("Validation"),
            "test": self.tr("Test"),
        }
        for split in SPLITS:
            row.addWidget(_Sample(split))
            row.addWidget(Label(names[split], "secondary"))
            row.addSpacing(8)
        row.addStretch()


class _Sample(QWidget):
    """A short piece of a split's line."""

    def __init__(self, split: Split) -> None:
        super().__init__()
        self._style = STYLES[split]
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        return QSize(24, 12)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        middle = self.height() / 2
        painter.setPen(self._style.pen())
        painter.drawLine(QPointF(0, middle), QPointF(self.width(), middle))
        mark = QRectF(self.width() / 2 - 2.5, middle - 2.5, 5, 5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(split_colour(self._style.colour))
        if self._style.symbol == "o":
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.drawEllipse(mark)
        elif self._style.symbol == "s":
            painter.drawRect(mark)
