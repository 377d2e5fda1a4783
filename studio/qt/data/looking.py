"""What is shown while a data set is looked at."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QProgressBar, QPushButton, QVBoxLayout, QWidget

from studio.qt.labels import Label

_BAR_WIDTH = 240


class Looking(QWidget):
    """Says how far the decoding is, and lets it be cancelled."""

    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.label = Label(rank="secondary")
        self.label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setFixedWidth(_BAR_WIDTH)
        bar.setTextVisible(False)
        self.cancel = QPushButton(self.tr("Cancel"))
        self.cancel.clicked.connect(self.cancelled)
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addStretch()
        for widget in (self.label, bar, self.cancel):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch()

    def show_decoded(self, pictures: int) -> None:
        """Show how many pictures are decoded; how many there are is not known before."""
        if pictures:
            words = self.tr("{count} pictures are decoded, which is done once").format(count=f"{pictures:,}")
        else:
            words = self.tr("Reading the data set")
        self.label.setText(words)
