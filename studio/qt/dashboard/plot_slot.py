"""A plot with its caption: which quantity it shows, and values read out."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from engine.curves import SPLITS
from studio.models.curves import Curves, Quantity, Reading
from studio.qt import theme
from studio.qt.dashboard.plot import Plot
from studio.qt.dashboard.quantity_texts import quantity_title, quantity_value
from studio.qt.labels import ShortLabel

ARROW = 32
"""Room for the arrow beside a heading, px."""


class TitleChoice(QComboBox):
    """A heading that can be changed; as wide as what it says now."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("title")
        self.currentIndexChanged.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        bold = QFontMetrics(theme.body_font(bold=True))
        return QSize(bold.horizontalAdvance(self.currentText()) + ARROW, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


class PlotSlot(QWidget):
    """Shows one quantity, which can be chosen."""

    chosen = Signal()

    def __init__(self, curves: Curves, quantity: Quantity) -> None:
        super().__init__()
        self._curves = curves
        self.plot = Plot(curves, quantity)
        self._choice = TitleChoice()
        self._choice.setAccessibleName(self.tr("Quantity"))
        self._values = ShortLabel(rank="secondary")
        self._values.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        caption = QHBoxLayout()
        caption.setSpacing(8)
        caption.addWidget(self._choice)
        caption.addWidget(self._values, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(caption)
        column.addWidget(self.plot, 1)
        self.offer_quantities()
        self._choice.currentIndexChanged.connect(self._on_chosen)

    @property
    def values_text(self) -> str:
        """The values that are read out above the plot."""
        return self._values.full_text

    def offer_quantities(self) -> None:
        """Offer what the run has; what is shown stays, even if it has none of that."""
        offered = list(dict.fromkeys((*self._curves.quantities, self.plot.quantity)))
        if [self._choice.itemData(at) for at in range(self._choice.count())] != offered:
            with QSignalBlocker(self._choice):
                self._choice.clear()
                for quantity in offered:
                    self._choice.addItem(quantity_title(quantity), quantity)
                self._choice.setCurrentIndex(offered.index(self.plot.quantity))
        self.plot.setAccessibleName(self._choice.currentText())

    def read_out(self, reading: Reading | None) -> None:
        """Show the values of all splits at a place."""
        names = {
            "train": self.tr("train {value}"),
            "validation": self.tr("validation {value}"),
            "test": self.tr("test {value}"),
        }
        quantity = self.plot.quantity
        values = {split: reading.values.get((split, quantity)) for split in SPLITS} if reading else {}
        self._values.set_text(
            " · ".join(
                names[split].format(value=quantity_value(quantity, value))
                for split, value in values.items()
                if value is not None
            )
        )

    def _on_chosen(self) -> None:
        self.plot.show_quantity(self._choice.currentData())
        self.plot.setAccessibleName(self._choice.currentText())
        self.chosen.emit()
