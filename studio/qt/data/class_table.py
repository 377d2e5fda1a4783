"""How many pictures of each class there are, as a table with bars."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
)

from engine.protocol.previews import DataSeen
from studio.qt import theme

_ROW = 24
_SHARE = Qt.ItemDataRole.UserRole


class ClassTable(QTableWidget):
    """A row for all classes and one for each. The bar behind a count is its share of the largest class's."""

    def __init__(self) -> None:
        super().__init__(0, 4)
        titles = [self.tr("Class"), self.tr("Train"), self.tr("Validation"), self.tr("Test")]
        for column, title in enumerate(titles):
            heading = QTableWidgetItem(title)
            side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
            heading.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            self.setHorizontalHeaderItem(column, heading)
        self.setAccessibleName(self.tr("Pictures of each class"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFrameShape(QTableWidget.Shape.NoFrame)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in range(1, 4):
            self.setColumnWidth(column, 88)
        self.setItemDelegate(_BarDelegate(self))

    def show_counts(self, seen: DataSeen) -> None:
        """Show the classes of a data set."""
        rows = [(of.name, (of.train, of.validation, of.test)) for of in seen.classes]
        sums = tuple(sum(column) for column in zip(*(counts for _, counts in rows), strict=True))
        most = max((count for _, counts in rows for count in counts), default=0)
        self.setRowCount(len(rows) + 1)
        self._show_row(0, self.tr("All"), sums, 0, bold=True)
        for row, (name, counts) in enumerate(rows, 1):
            self._show_row(row, name, counts, most)

    def _show_row(
        self, row: int, name: str, counts: tuple[int, ...], most: int, *, bold: bool = False
    ) -> None:
        font = theme.body_font(bold=bold)
        title = QTableWidgetItem(name)
        title.setFont(font)
        title.setToolTip(name)
        self.setItem(row, 0, title)
        for column, count in enumerate(counts, 1):
            item = QTableWidgetItem(f"{count:,}")
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setFont(font)
            item.setData(_SHARE, count / most if most else 0.0)
            self.setItem(row, column, item)


class _BarDelegate(QStyledItemDelegate):
    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        share = index.data(_SHARE)
        if share:
            room: QRect = option.rect.adjusted(8, 3, -2, -3)
            width = max(1, round(share * room.width()))
            room.setLeft(room.right() - width + 1)
            painter.fillRect(room, theme.colour("accent", 0.18))
        super().paint(painter, option, index)
