"""All commands in one list, found by typing."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QAction, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from studio.actions import ACTIONS, MENU_TITLES
from studio.qt import theme
from studio.qt.commands import Commands, keys_of, plain
from studio.qt.layer_list import ArrowKeys
from studio.qt.texts import action_text

_WIDTH, _HEIGHT = 480, 360
_ACTION = Qt.ItemDataRole.UserRole
_KEYS = Qt.ItemDataRole.UserRole + 1
_AIR = 8
_HEIGHT_OF_ROW = 26


class CommandPalette(QFrame):
    """A search field over the commands that can be carried out now; Enter carries one out."""

    def __init__(self, commands: Commands, window: QWidget) -> None:
        super().__init__(window, Qt.WindowType.Popup)
        self.setObjectName("popup")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedSize(_WIDTH, _HEIGHT)
        self._commands = commands
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Find a command"))
        self.search.setAccessibleName(self.tr("Find a command"))
        self.list = QListWidget()
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setItemDelegate(_Row(self.list))
        self.list.setAccessibleName(self.tr("Commands"))
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.search)
        column.addWidget(self.list)
        ArrowKeys(self.search, self.list)
        self.search.textChanged.connect(self._fill)
        self.search.returnPressed.connect(lambda: self._carry_out(self.list.currentItem()))
        self.list.itemClicked.connect(self._carry_out)

    def open(self) -> None:
        """Open below the top of the window."""
        self.search.clear()
        self._fill("")
        window = self.parentWidget()
        assert window is not None
        place = QRect(0, 0, _WIDTH, _HEIGHT)
        place.moveCenter(window.rect().center())
        place.moveTop(96)
        self.move(window.mapToGlobal(place.topLeft()))
        self.show()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)

    def _fill(self, words: str) -> None:
        self.list.clear()
        for row in ACTIONS:
            action = self._commands[row.id]
            title = f"{plain(MENU_TITLES[row.menu])}: {plain(action.text())}"
            known = f"{title} {action_text(row.help)} {row.title} {row.help}".casefold()
            if action.isEnabled() and all(word in known for word in words.casefold().split()):
                keys = keys_of(row)
                item = QListWidgetItem(title, self.list)
                item.setData(_KEYS, keys[0] if keys else "")
                item.setToolTip(action_text(row.help))
                item.setData(_ACTION, action)
        self.list.setCurrentRow(0)

    def _carry_out(self, item: QListWidgetItem | None) -> None:
        action = item.data(_ACTION) if item is not None else None
        if isinstance(action, QAction):
            self.close()
            action.trigger()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)


class _Row(QStyledItemDelegate):
    """A command's title, and its keys at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(super().sizeHint(option, index).width(), _HEIGHT_OF_ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        is_current = bool(option.state & QStyle.StateFlag.State_Selected)
        place = option.rect.adjusted(_AIR, 0, -_AIR, 0)
        painter.save()
        if is_current:
            painter.fillRect(option.rect, theme.colour("selection"))
        painter.setFont(theme.body_font())
        painter.setPen(theme.colour("text"))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, index.data())
        painter.setFont(theme.secondary_font())
        painter.setPen(theme.colour("secondary"))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(place, right, index.data(_KEYS))
        painter.restore()
