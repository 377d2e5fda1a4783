"""All keys and gestures on one page, from the table of commands."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from studio.actions import ACTIONS, MENU_TITLES, Menu
from studio.qt.commands import keys_of, plain
from studio.qt.labels import Label

GESTURES = (
    ("Middle button, or Space and drag", "Move the view"),
    ("Wheel", "Zoom at the pointer"),
    ("Drag on the ground", "Select with a rubber band"),
    ("Drag from port to port", "Connect"),
    ("Drag from a port to the ground", "Add a layer that fits"),
    ("Drag out of an input", "Lead a wire elsewhere, or let go of it"),
    ("Drop a layer on a wire", "Insert it"),
    ("Double-click on the ground", "Search for a layer"),
    ("Double-click on a layer", "Go to its settings"),
    ("Arrows", "Go to the next layer"),
    ("Shift and arrows", "Select the next layer too"),
    ("Ctrl and arrows", "Move what is selected"),
)
"""What the mouse and the arrows do on the canvas, as English source texts."""

_COLUMNS: tuple[tuple[Menu, ...], ...] = (("file", "view"), ("edit", "network"), ("run", "help"))
_SIZE = (1040, 640)


class CheatSheet(QDialog):
    """Shows every command that has a key, and what the mouse does."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys and gestures"))
        self.resize(*_SIZE)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(24, 16, 24, 16)
        row.setSpacing(32)
        columns = [
            [_table(plain(MENU_TITLES[menu]), _commands(menu)) for menu in menus] for menus in _COLUMNS
        ]
        gestures = [(_gesture_text(where), _gesture_text(what)) for where, what in GESTURES]
        columns[-1].insert(0, _table(self.tr("On the canvas"), gestures))
        for tables in columns:
            row.addLayout(_column(tables))
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area)


def _commands(menu: Menu) -> list[tuple[str, str]]:
    rows = [row for row in ACTIONS if row.menu == menu and keys_of(row)]
    return [(", ".join(keys_of(row)), plain(row.title)) for row in rows]


def _table(title: str, rows: list[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(4)
    grid.addWidget(Label(title, "strong"), 0, 0, 1, 2)
    for index, (keys, words) in enumerate(rows, 1):
        grid.addWidget(Label(keys, "secondary"), index, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(Label(words), index, 1)
    grid.setColumnStretch(1, 1)
    return grid


def _column(tables: list[QGridLayout]) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(16)
    for table in tables:
        column.addLayout(table)
    column.addStretch()
    return column


def _gesture_text(source: str) -> str:
    return QCoreApplication.translate("gestures", source)
