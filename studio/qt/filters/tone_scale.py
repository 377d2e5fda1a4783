"""What the tones of filters mean: from the largest negative weight over 0 to the largest positive one."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.models.readings import three_digits
from studio.qt import theme

RAMP = QSize(96, 10)
AIR = 6
"""Room between the ramp and the values at its ends, px."""


class ToneScale(QWidget):
    """A ramp from black over grey to white, with the values of its ends; grey is 0."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._largest: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_largest(self, largest: float | None) -> None:
        """Set the size of a weight that is all black or white; None: each filter has its own."""
        if largest != self._largest or not self.toolTip():
            self._largest = largest
            low, high = self.ends
            meaning = self.tr("Black: {low}, grey: 0, white: {high}").format(low=low, high=high)
            self.setToolTip(meaning)
            self.setAccessibleName(meaning)
            self.updateGeometry()
            self.update()

    @property
    def ends(self) -> tuple[str, str]:
        """What black and white stand for."""
        if self._largest is None:
            return self.tr("- its largest"), self.tr("+ its largest")
        return three_digits(-self._largest), f"+{three_digits(self._largest)}"

    def sizeHint(self) -> QSize:
        words = QFontMetrics(theme.secondary_font())
        sides = sum(words.horizontalAdvance(end) + AIR for end in self.ends)
        return QSize(RAMP.width() + sides, max(words.height(), RAMP.height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme.secondary_font())
        painter.setPen(theme.colour("secondary"))
        low, high = self.ends
        left = QFontMetrics(painter.font()).horizontalAdvance(low) + AIR
        ramp = QRect(left, (self.height() - RAMP.height()) // 2, RAMP.width(), RAMP.height())
        centre = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | centre, low)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignRight | centre, high)
        tones = QLinearGradient(ramp.topLeft(), ramp.topRight())
        tones.setColorAt(0, Qt.GlobalColor.black)
        tones.setColorAt(1, Qt.GlobalColor.white)
        painter.fillRect(ramp, tones)
        painter.setPen(theme.colour("line"))
        painter.drawRect(ramp)
