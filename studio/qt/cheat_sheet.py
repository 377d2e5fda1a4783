"""All keys and gestures on one page, from the table of commands."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from studio.actions import ACTIONS, MENU_TITLES, Menu
from studio.qt.commands import keys_of, plain
from studio.qt.labels import Label, SectionTitle

GESTURES = (
    ("Middle button, or Space and drag", "Move the view"),
    ("Wheel", "Zoom at the pointer"),
    ("Shift or Ctrl and wheel", "Move up and down, or across"),
    ("Drag on the ground", "Select with a rubber band"),
    ("Drag from port to port", "Connect"),
    ("Drag from a port to the ground", "Add a layer that fits"),
    ("Drag out of an input", "Lead a wire elsewhere, or let go of it"),
    ("Drop a layer on a wire", "Insert it"),
    ("Shift or Ctrl and click", "Select another one too"),
    ("Double-click on the ground", "Search for a layer"),
    ("Double-click on a layer", "Go to its settings"),
    ("Arrows", "Go to the next layer"),
    ("Shift and arrows", "Select the next layer too"),
    ("Ctrl and arrows", "Move what is selected"),
)
"""What the mouse and the arrows do on the canvas, as English source texts."""

_COLUMNS: tuple[tuple[Menu, ...], ...] = (("file", "view"), ("edit", "network"), ("run", "help"))

Table = tuple[str, list[tuple[str, str]]]
"""A title, and rows of keys and what they do."""


class CheatSheet(QDialog):
    """Shows every command that has a key, and what the mouse does."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys and gestures"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(24, 16, 24, 16)
        row.setSpacing(32)
        columns: list[list[Table]] = [
            [(plain(MENU_TITLES[menu]), _commands(menu)) for menu in menus] for menus in _COLUMNS
        ]
        gestures = [(_gesture_text(where), _gesture_text(what)) for where, what in GESTURES]
        columns[-1].insert(0, (self.tr("On the canvas"), gestures))
        for tables in columns:
            row.addLayout(_column(tables))
        row.addStretch()
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area)
        wanted = page.sizeHint() + QSize(area.verticalScrollBar().sizeHint().width(), 0)
        self.resize(wanted if parent is None else wanted.boundedTo(parent.window().size()))


def _commands(menu: Menu) -> list[tuple[str, str]]:
    rows = [row for row in ACTIONS if row.menu == menu and keys_of(row)]
    return [(", ".join(keys_of(row)), plain(row.title)) for row in rows]


def _column(tables: list[Table]) -> QGridLayout:
    """Return tables below each other, whose words begin at one place."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(4)
    for title, rows in tables:
        grid.addWidget(SectionTitle(title), grid.rowCount(), 0, 1, 2)
        for keys, words in rows:
            row = grid.rowCount()
            grid.addWidget(Label(keys, "secondary"), row, 0, Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(Label(words), row, 1, Qt.AlignmentFlag.AlignVCenter)
    grid.setRowStretch(grid.rowCount(), 1)
    return grid


def _gesture_text(source: str) -> str:
    return QCoreApplication.translate("gestures", source)
