"""The health of the layers: a table of all, and the spreads of the selected one over time."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSignalBlocker, Qt
from PySide6.QtGui import QBrush, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.protocol.messages import LayerHealth
from studio.models.health import findings, verdict
from studio.models.readings import percent, three_digits
from studio.models.run import RunModel
from studio.models.selection import Selection
from studio.qt import theme
from studio.qt.empty_note import EmptyNote
from studio.qt.health.spread_picture import SpreadPicture
from studio.qt.health.texts import finding_text
from studio.qt.labels import Label

SIGNS = {"good": ("✓", "success"), "warning": ("▲", "warning"), "bad": ("✖", "error")}
"""Sign and colour of a verdict."""

ROW = 24
"""Height of a row, px."""

RATIO, NORM, DEAD = 1, 2, 3


class HealthPanel(QWidget):
    """Shows the newest reading of each layer with its verdict, and advice on the selected one."""

    def __init__(self, run: RunModel, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run, self._selection = run, selection
        self.table = QTableWidget()
        self.spreads = {
            "weights": SpreadPicture(self.tr("Weights")),
            "gradients": SpreadPicture(self.tr("Gradients")),
            "outputs": SpreadPicture(self.tr("Output values")),
        }
        self.advice = Label(rank="secondary")
        self.note = EmptyNote(
            self.tr("Weights, gradients and outputs of each layer, as they are measured now and then")
        )
        self._body = QWidget()
        self._build()
        self.table.itemSelectionChanged.connect(self._on_chosen)
        for event in (run.health_changed, run.run_replaced, selection.changed):
            event.connect(self.refresh)
        self.refresh()

    def _build(self) -> None:
        table = self.table
        table.setColumnCount(4)
        table.setHorizontalHeaderLabels(
            [self.tr("Layer"), self.tr("Update"), self.tr("Gradient"), self.tr("Dead")]
        )
        for column, tip in (
            (0, ""),
            (RATIO, self.tr("Norm of a step's change : norm of the weights; about 0.001 is usual")),
            (NORM, self.tr("Norm of the gradient of the mean loss")),
            (DEAD, self.tr("Units or filters that gave 0 for all pictures looked at")),
        ):
            header = table.horizontalHeaderItem(column)
            if header is not None:
                header.setToolTip(tip)
                side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
                header.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setFrameShape(QTableWidget.Shape.NoFrame)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(ROW)
        table.horizontalHeader().setHighlightSections(False)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.setAccessibleName(self.tr("Health of the layers"))
        self.advice.setWordWrap(True)
        right = QVBoxLayout()
        right.setSpacing(4)
        for picture in self.spreads.values():
            right.addWidget(picture, 1)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(table, 2)
        row.addLayout(right, 1)
        body = QVBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(4)
        body.addLayout(row, 1)
        body.addWidget(self.advice)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._body)
        outer.addWidget(self.note)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "note"):
            self.refresh()

    @property
    def layer(self) -> str | None:
        """The layer whose spreads are shown: the selected one, else the first."""
        reading = self._run.record.health.at()
        names = [layer.layer for layer in reading.layers] if reading else []
        chosen = [name for name in self._selection.layers if name in names]
        return next(iter(chosen or names), None)

    def refresh(self) -> None:
        """Show the newest readings, if anyone looks."""
        if not self.isVisible():
            return
        reading = self._run.record.health.at()
        self._body.setVisible(reading is not None)
        self.note.setVisible(reading is None)
        if reading is None:
            return
        with QSignalBlocker(self.table):
            self.table.setRowCount(len(reading.layers))
            for at, layer in enumerate(reading.layers):
                self._fill_row(at, layer)
                if layer.layer == self.layer:
                    self.table.selectRow(at)
        self._show_layer()

    def _fill_row(self, at: int, layer: LayerHealth) -> None:
        sign, colour = SIGNS[verdict(layer)]
        texts = (
            f"{sign} {layer.layer}",
            _number(layer.update_ratio),
            _number(layer.gradient_norm),
            "–" if layer.dead is None else percent(layer.dead),
        )
        for column, text in enumerate(texts):
            item = self.table.item(at, column)
            if item is None:
                item = QTableWidgetItem()
                self.table.setItem(at, column, item)
            item.setText(text)
            if column:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            else:
                item.setForeground(QBrush(theme.colour("text" if sign == "✓" else colour)))
            item.setToolTip("\n".join(map(finding_text, findings(layer))))

    def _show_layer(self) -> None:
        layer = self.layer
        readings = [] if layer is None else list(self._run.record.health.of_layer(layer))
        for name, picture in self.spreads.items():
            found = [(step, getattr(health, name)) for step, health in readings]
            kept = [(step, spread) for step, spread in found if spread is not None]
            picture.show_spreads([step for step, _ in kept], [spread for _, spread in kept])
        words = [finding_text(finding) for finding in findings(readings[-1][1])] if readings else []
        all_is_well = self.tr("{layer}: nothing conspicuous.").format(layer=layer)
        self.advice.setText("\n".join(words) or all_is_well)

    def _on_chosen(self) -> None:
        rows = self.table.selectionModel().selectedRows()
        reading = self._run.record.health.at()
        if rows and reading is not None:
            self._selection.select([reading.layers[rows[0].row()].layer])


def _number(value: float | None) -> str:
    return "–" if value is None else three_digits(value)
