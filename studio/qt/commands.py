"""Qt's actions and menus, made from the table of commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from engine.graph.examples import example_names
from studio.actions import ACTIONS, MENU_TITLES
from studio.actions import Action as Row
from studio.qt import icons
from studio.qt.files import Files
from studio.qt.texts import action_text

_EXCLUSIVE = (
    ("data", "design", "training"),
    ("light", "dark", "system"),
    ("english", "japanese"),
    ("lens_shapes", "lens_cost", "lens_gradients", "lens_health", "lens_split"),
)
"""Commands of which exactly one is on."""


class Commands(QObject):
    """A QAction for each row of the table, by its id."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._rows = {row.id: row for row in ACTIONS}
        self._actions = {row.id: self._action(row, window) for row in ACTIONS}
        for ids in _EXCLUSIVE:
            group = QActionGroup(self)
            for name in ids:
                group.addAction(self._actions[name])
        self.show_icons()

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def connect_all(self, slots: Mapping[str, Callable[[], object]], canvas: QWidget) -> None:
        """Say what each command does; the canvas's keys work while it has the focus.

        Raises KeyError for a command that nothing was said of.
        """
        for name, action in self._actions.items():
            slot = slots[name]
            action.triggered.connect(lambda _checked=False, slot=slot: slot())
            for keys in self._rows[name].canvas_shortcuts:
                shortcut = QShortcut(QKeySequence(keys), canvas)
                shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                shortcut.activated.connect(action.trigger)

    def say(self, name: str, words: str) -> None:
        """Name what a command would do now, as in "Undo Move conv1"."""
        row, action = self._rows[name], self._actions[name]
        action.setText(f"{action_text(row.title)} {words}".rstrip())
        self._explain(row, f"{plain(row.title)} {words}" if words else action_text(row.help))

    def show_icons(self) -> None:
        """Draw the icons in the colours of the theme."""
        for name, row in self._rows.items():
            if row.icon:
                self._actions[name].setIcon(icons.icon(row.icon))

    def fill_menus(self, bar: QMenuBar, files: Files) -> None:
        """Fill the menu bar."""
        for menu_id, title in MENU_TITLES.items():
            menu = bar.addMenu(action_text(title))
            group = None
            for row in ACTIONS:
                if row.menu != menu_id:
                    continue
                if group is not None and row.group != group:
                    menu.addSeparator()
                group = row.group
                if row.id == "new":
                    menu.addMenu(self.new_menu(files, menu))
                else:
                    menu.addAction(self._actions[row.id])
                if row.id == "open":
                    menu.addMenu(_RecentMenu(files, menu))

    def new_menu(self, files: Files, parent: QWidget) -> QMenu:
        """Return a menu of what a network may start from."""
        menu = QMenu(action_text("&New"), parent)
        menu.addAction(self._actions["new"])
        names = example_names()
        if names:
            menu.addSection(action_text("Examples"))
        for name in names:
            entry = menu.addAction(name)
            entry.triggered.connect(lambda _checked=False, name=name: files.new_from_example(name))
        return menu

    def _action(self, row: Row, window: QWidget) -> QAction:
        action = QAction(action_text(row.title), window)
        action.setIconText(plain(action.text()))
        action.setObjectName(row.id)
        action.setShortcuts([QKeySequence(keys) for keys in row.shortcuts])
        action.setCheckable(row.checkable)
        if row.canvas_shortcuts and not row.shortcuts:
            # A shortcut of the canvas belongs to the canvas; the menu only names it.
            keys = QKeySequence(row.canvas_shortcuts[0]).toString(QKeySequence.SequenceFormat.NativeText)
            action.setText(f"{action.text()}\t{keys}")
        self._explain(row, action_text(row.help), action)
        return action

    def _explain(self, row: Row, words: str, action: QAction | None = None) -> None:
        keys = [QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in row.shortcuts]
        tip = f"{words} ({keys[0]})" if keys else words
        (action or self._actions[row.id]).setToolTip(tip)


_KEY = re.compile(r"\(&\w\)")
"""An access key as Japanese titles have it, behind the words."""


def plain(title: str) -> str:
    """Return a command's title without its access key, its dots and its shortcut."""
    words = action_text(title).partition("\t")[0]
    return _KEY.sub("", words).replace("&", "").rstrip("…").strip()


def keys_of(row: Row) -> list[str]:
    """Return the keys of a command as the system writes them."""
    keys = (*row.shortcuts, *row.canvas_shortcuts)
    return [QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys]


class _RecentMenu(QMenu):
    """The files that were used last."""

    def __init__(self, files: Files, parent: QWidget) -> None:
        super().__init__(action_text("Open &recent"), parent)
        self._files = files
        files.recent.changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        self.clear()
        for path in self._files.recent.paths:
            entry = self.addAction(str(path).replace("&", "&&"))
            entry.triggered.connect(lambda _checked=False, path=path: self._open(path))
        self.addSeparator()
        self.addAction(action_text("&Clear list"), self._files.recent.clear)
        self.setEnabled(bool(self._files.recent.paths))

    def _open(self, path: Path) -> None:
        self._files.open_path(path)
