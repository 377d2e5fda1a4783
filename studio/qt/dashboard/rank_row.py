"""A line for one of several ranks."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from engine.protocol.messages import RankReading
from studio.models.readings import gigabytes
from studio.qt import theme
from studio.qt.device_marks import swatch
from studio.qt.labels import Label, ShortLabel

_SWATCH = QSize(24, 12)
_WIDEST = "100 % · 0.000 GB "


class RankRow(QWidget):
    """The mark of a rank's logical device, where it runs, and what its process takes."""

    def __init__(self) -> None:
        super().__init__()
        self._mark = QLabel()
        self._words = ShortLabel()
        self._facts = Label(rank="secondary")
        self._facts.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._facts.setMinimumWidth(QFontMetrics(theme.secondary_font()).horizontalAdvance(_WIDEST))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._mark)
        row.addWidget(self._words, 1)
        row.addWidget(self._facts)
        self._number: int | None = None

    def show_rank(self, rank: RankReading) -> None:
        """Show a rank's readings."""
        if rank.rank != self._number:
            self._number = rank.rank
            self._mark.setPixmap(swatch(rank.rank, _SWATCH, self.devicePixelRatioF()))
        device = self.tr("CPU") if rank.device == "cpu" else rank.device
        place = (chr(ord("A") + rank.rank), device, rank.host)
        self._words.set_text(" · ".join(word for word in place if word))
        process, *facts = rank_facts(rank)
        self._facts.setText(" · ".join(facts))
        self.setToolTip(process)


def rank_facts(rank: RankReading) -> list[str]:
    """Return which process a rank is, and what it takes of a core and of this computer's memory."""
    process = QCoreApplication.translate("RankRow", "Rank {rank}, process {pid}")
    facts = [process.format(rank=rank.rank, pid=rank.pid)]
    if not rank.responding:
        return [*facts, not_responding()]
    if rank.host:  # nobody reads loads there
        return facts
    return [*facts, f"{rank.utilisation:.0f} %", gigabytes(rank.memory)]


def not_responding() -> str:
    """Return what is said of a rank that gives no sign of life."""
    return QCoreApplication.translate("RankRow", "not responding")
