"""What a look at a data set told: counts, mean, pictures, variations and skipped files."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.protocol.previews import DataSeen
from studio.models.readings import three_digits
from studio.qt.data.class_table import ClassTable
from studio.qt.data.pictures import ContactSheet, MeanPicture, VariedPictures
from studio.qt.inspector.facts import Facts
from studio.qt.inspector.note import Note
from studio.qt.panel import Panel
from studio.qt.texts import layer_text

_SAMPLES, _EPOCHS = 10, 5
"""As many as a look tells."""

_TOP_HEIGHT = 240


class SeenView(QWidget):
    """Panels below each other, to be scrolled."""

    def __init__(self) -> None:
        super().__init__()
        self.classes = ClassTable()
        self.mean = MeanPicture()
        self.values = Facts()
        self.sheet = ContactSheet(_SAMPLES)
        self.sheet_note = Note(rank="secondary")
        self.varied = VariedPictures(_EPOCHS)
        self.skipped = QTreeWidget()
        self.skipped_note = Note(rank="secondary")
        self._build()

    def _build(self) -> None:
        self.skipped.setHeaderLabels([self.tr("File"), self.tr("Why it is skipped")])
        self.skipped.setRootIsDecorated(False)
        self.skipped.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.skipped.setFrameShape(QTreeWidget.Shape.NoFrame)
        self.skipped.setFixedHeight(160)
        self.skipped.setColumnWidth(0, 320)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 4, 0, 0)
        grid.setSpacing(8)
        classes, mean = (
            Panel(self.classes, self.tr("Pictures of each class")),
            Panel(self._mean(), self.tr("Mean")),
        )
        for panel in (classes, mean):
            panel.setFixedHeight(_TOP_HEIGHT)
        grid.addWidget(classes, 0, 0)
        grid.addWidget(mean, 0, 1)
        sheet = _column(self.sheet, self.sheet_note)
        grid.addWidget(Panel(sheet, self.tr("First training pictures of each class")), 1, 0, 1, 2)
        words = self.tr("What the network is given of a picture, in five epochs; 0 is grey")
        grid.addWidget(Panel(self.varied, words), 2, 0, 1, 2)
        self._skipped_panel = Panel(_column(self.skipped_note, self.skipped), self.tr("Skipped files"))
        grid.addWidget(self._skipped_panel, 3, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        grid.setRowStretch(4, 1)

    def _mean(self) -> QWidget:
        content = QWidget()
        content.setFixedWidth(216)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.mean, 1)
        column.addWidget(self.values)
        return content

    def show_seen(self, seen: DataSeen) -> None:
        """Show a data set."""
        self.classes.show_counts(seen)
        self.mean.show_picture(seen.mean_picture)
        self.values.show_facts(self._value_facts(seen))
        self.sheet.show_classes(seen.classes)
        shown = sum(bool(of.samples) for of in seen.classes)
        cut = shown < sum(of.train > 0 for of in seen.classes)
        self.sheet_note.say(
            self.tr("{shown} of {count} classes are shown.").format(shown=shown, count=len(seen.classes))
            if cut
            else ""
        )
        self.varied.show_varied(seen.varied)
        self._show_skipped(seen)

    def _value_facts(self, seen: DataSeen) -> list[tuple[str, str]]:
        facts = [
            (
                self.tr("Values"),
                self.tr("{low} to {high}").format(low=f"{seen.lowest:g}", high=f"{seen.highest:g}"),
            ),
            (self.tr("Mean of all values"), three_digits(seen.mean)),
        ]
        if seen.measured < sum(of.train for of in seen.classes):
            facts.append(
                (self.tr("Taken over"), self.tr("{count} pictures").format(count=f"{seen.measured:,}"))
            )
        return facts

    def _show_skipped(self, seen: DataSeen) -> None:
        self._skipped_panel.setVisible(bool(seen.skipped_count))
        self.skipped.clear()
        for file in seen.skipped:
            item = QTreeWidgetItem([file.name, layer_text(file.reason)])
            for column in (0, 1):
                item.setToolTip(column, item.text(column))
            self.skipped.addTopLevelItem(item)
        words = self.tr("{count} files are not used.").format(count=f"{seen.skipped_count:,}")
        if len(seen.skipped) < seen.skipped_count:
            words += " " + self.tr("The first {shown} are listed.").format(shown=f"{len(seen.skipped):,}")
        self.skipped_note.say(words)


def _column(*widgets: QWidget) -> QWidget:
    content = QWidget()
    column = QVBoxLayout(content)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    for widget in widgets:
        column.addWidget(widget)
    column.setAlignment(Qt.AlignmentFlag.AlignTop)
    return content
