"""What Fusion cannot be told through a palette: bars, panels, round corners, marks of errors."""

from __future__ import annotations

from pathlib import Path
from string import Template

from studio.qt.colours import Colours

IMAGES = Path(__file__).parent / "images"

_SHEET = Template("""
QToolTip { border: 1px solid $line; padding: 4px; background: $surface; color: $text; }
QMainWindow::separator { background: $line; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: $accent; }
QSplitter::handle { background: $line; }
QSplitter::handle:hover { background: $accent; }

QMenuBar { background: $surface; }
QMenuBar::item { padding: 4px 8px; background: transparent; }
QMenuBar::item:selected { background: $hover; border-radius: 4px; }

QToolBar { background: $surface; border: none; border-bottom: 1px solid $line; padding: 4px 8px;
           spacing: 4px; }
QToolBar::separator { background: $line; width: 1px; margin: 4px 4px; }
QToolBar QToolButton { border: 1px solid transparent; border-radius: 4px; padding: 4px 6px; }
QToolBar QToolButton:hover { background: $hover; }
QToolBar QToolButton:pressed { background: $selection; }
QToolBar QToolButton:checked { background: $selection; color: $accent; }
QToolBar QToolButton:focus { border-color: $accent; }
QToolBar QToolButton::menu-indicator { image: none; }
QToolBar QToolButton#primary { background: $accent; color: $on_accent; padding: 4px 10px; }
QToolBar QToolButton#primary:disabled { background: $hover; color: $disabled; }

QStatusBar { background: $surface; border-top: 1px solid $line; }
QStatusBar::item { border: none; }
QStatusBar QToolButton { border: none; border-radius: 4px; padding: 2px 6px; }
QStatusBar QToolButton:hover { background: $hover; }

QFrame#floating { background: $surface; border: 1px solid $line; border-radius: 6px; }
QFrame#banner { background: $surface; border: none; border-bottom: 1px solid $line;
                border-left: 4px solid $error; }

QLineEdit, QAbstractSpinBox, QComboBox { background: $surface; border: 1px solid $edge; border-radius: 4px;
    padding: 3px 6px; selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover { border-color: $disabled; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus { border-color: $accent; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {
    color: $disabled; background: $background; }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit { border: none; padding: 0; background: transparent; }
QLineEdit[wrong="true"], QAbstractSpinBox[wrong="true"], QComboBox[wrong="true"] { border-color: $error; }
QLabel#problem { color: $error; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
    border: none; width: 18px; background: transparent; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $hover; }
QAbstractSpinBox::up-arrow { image: url("$images/up.svg"); width: 12px; height: 12px; }
QAbstractSpinBox::down-arrow { image: url("$images/down.svg"); width: 12px; height: 12px; }
QCheckBox::indicator, QTableView::indicator { border: 1px solid $edge; border-radius: 3px;
    width: 14px; height: 14px; background: $surface; }
QCheckBox::indicator:hover, QCheckBox::indicator:focus, QTableView::indicator:hover { border-color: $accent; }
QCheckBox::indicator:disabled { border-color: $line; background: $background; }
QCheckBox::indicator:checked, QTableView::indicator:checked { image: url("$images/check.svg"); }
QComboBox { padding-left: 7px; }
QComboBox#title { border-color: transparent; background: transparent; font-weight: 600; padding: 1px 2px;
    margin-left: -3px; }
QComboBox#title:hover, QComboBox#title:focus { border-color: $edge; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: url("$images/down.svg"); width: 14px; height: 14px; }
QComboBox QAbstractItemView { border: 1px solid $line; background: $surface; outline: none; }

QTabBar::tab { padding: 4px 10px; border: none; border-radius: 4px; color: $secondary; }
QTabBar::tab:hover { background: $hover; }
QTabBar::tab:selected { color: $accent; background: $selection; }
QTabBar:focus { outline: 1px solid $accent; }

QPushButton { background: $surface; border: 1px solid $edge; border-radius: 4px; padding: 4px 12px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $selection; }
QPushButton:checked { background: $selection; color: $accent; border-color: $accent; }
QPushButton:focus, QPushButton:default { border-color: $accent; }
QPushButton:disabled { color: $disabled; border-color: $line; }
QToolButton#choice { border: none; border-radius: 4px; padding: 4px 8px; }
QToolButton#choice:hover { background: $hover; }
QToolButton#choice:checked { background: $selection; color: $accent; }
QAbstractItemView { outline: none; selection-background-color: $selection; selection-color: $text; }
QHeaderView { background: $surface; border: none; }
QHeaderView::section { background: $surface; color: $secondary; border: none; border-bottom: 1px solid $line;
                       padding: 4px; font-size: 11px; }
QListWidget#boxed { background: $surface; border: 1px solid $line; border-radius: 6px; padding: 4px; }
QListWidget#boxed::item { padding: 4px 8px; border-radius: 4px; }
QListWidget#boxed::item:hover { background: $hover; }
QListWidget#boxed::item:selected { background: $selection; color: $text; }
QListWidget#tiles { background: transparent; }
QListWidget#tiles::item { border: 1px solid $line; border-radius: 6px; background: $surface; margin: 4px;
                          padding: 4px; color: $text; }
QListWidget#tiles::item:hover { border-color: $accent; background: $hover; }
QListWidget#tiles::item:selected { border-color: $accent; background: $selection; color: $text; }
QFrame#popup { background: $surface; border: 1px solid $line; }
QToolButton#toggle { border: 1px solid transparent; border-radius: 4px; padding: 2px; }
QToolButton#toggle:hover { background: $hover; }
QToolButton#toggle:checked, QToolButton#toggle:focus { background: $selection; border-color: $accent; }
QToolButton#flat { border: 1px solid transparent; border-radius: 4px; padding: 2px; }
QToolButton#flat:hover { background: $hover; }
QToolButton#flat:focus { border-color: $accent; }

QLineEdit#name { border: 1px solid transparent; border-radius: 4px; background: transparent;
                 font-size: 15px; font-weight: 600; padding: 1px 2px; margin-left: -6px; }
QLineEdit#name:hover { border-color: $line; }
QLineEdit#name:focus { border-color: $accent; background: $surface; }

QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $line; border-radius: 4px; margin: 1px; }
QScrollBar::handle:vertical { min-height: 24px; }
QScrollBar::handle:horizontal { min-width: 24px; }
QScrollBar::handle:hover { background: $disabled; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QProgressBar { background: $hover; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
""")


def style_sheet(colours: Colours) -> str:
    """Return the application's style sheet in these colours."""
    return _SHEET.substitute(vars(colours), images=IMAGES.as_posix())
