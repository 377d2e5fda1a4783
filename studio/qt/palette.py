"""The palette: all kinds of layers by family, to be dragged or double-clicked onto the canvas."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import (
    QEvent,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
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

from engine.layers.base import Family, Layer
from engine.layers.catalogue import KINDS, LAYERS
from studio.qt import icons, theme
from studio.qt.texts import layer_text

KIND_MIME = "application/x-convnet-layer-kind"
"""What a dragged entry holds: the name of a kind of layer."""

FAMILY_TITLES: dict[Family, str] = {
    "data": "Data",
    "convolution": "Convolution",
    "pooling": "Pooling",
    "normalisation": "Normalisation",
    "dense": "Dense",
    "activation": "Activation",
    "regularisation": "Regularisation",
    "joining": "Joining",
    "cost": "Cost",
}
"""English source texts of the families, in the order of the palette."""

_KIND = Qt.ItemDataRole.UserRole
_ROW_HEIGHT = 28
_HEADING_HEIGHT = 26
_TITLE_LEFT = 38
_TITLE_RIGHT = 4
_NARROWEST = 120


def matches(layer: type[Layer], words: str) -> bool:
    """Whether a kind of layer is meant by what was typed: every word starts a word of its names."""
    names = (layer.kind, layer.title, layer_text(layer.title), *layer.synonyms)
    known = " ".join(name.replace("_", " ") for name in names).casefold().split()
    return all(any(name.startswith(word) for name in known) for word in words.casefold().split())


class Palette(QWidget):
    """A search field over the list of layers. ``chosen`` says which kind is to be added."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search layers"))
        self.search.setAccessibleName(self.tr("Search layers"))
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icons.icon("search", 16), QLineEdit.ActionPosition.LeadingPosition)
        self.list = _LayerList()
        self.list.setAccessibleName(self.tr("Layers"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 0)
        layout.setSpacing(8)
        layout.addWidget(self.search)
        layout.addWidget(self.list)
        self.setFocusProxy(self.search)
        self.search.textChanged.connect(self._on_search)
        self.search.returnPressed.connect(self._choose_current)
        self.search.installEventFilter(self)
        self.list.itemActivated.connect(self._on_activated)
        self._on_search("")

    def _on_search(self, words: str) -> None:
        self.list.fill([layer for layer in LAYERS if matches(layer, words)])

    def _on_activated(self, item: QListWidgetItem) -> None:
        if item.data(_KIND):
            self.chosen.emit(item.data(_KIND))

    def _choose_current(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self._on_activated(item)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrow keys go through the list while the search field has the focus."""
        is_arrow = isinstance(event, QKeyEvent) and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down)
        if watched is self.search and is_arrow and event.type() == QEvent.Type.KeyPress:
            self.list.keyPressEvent(event)  # type: ignore[arg-type]
            return True
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.search.actions()[0].setIcon(icons.icon("search", 16))


class _LayerList(QListWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setMouseTracking(True)
        self.setItemDelegate(_EntryDelegate(self))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def fill(self, layers: Sequence[type[Layer]]) -> None:
        """Show these layers under the headings of their families, and make the first one current."""
        self.clear()
        for family, title in FAMILY_TITLES.items():
            members = [layer for layer in layers if layer.family == family]
            if members:
                heading = QListWidgetItem(layer_text(title), self)
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
            for layer in members:
                entry = QListWidgetItem(layer_text(layer.title), self)
                entry.setData(_KIND, layer.kind)
                words = (layer_text(layer.title), layer_text(layer.summary))
                entry.setToolTip("<p><b>{}</b></p><p>{}</p>".format(*map(escape, words)))
        if layers:
            self.setCurrentRow(1)
            self.clearSelection()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()  # rows are as high as their titles need at this width

    def mimeTypes(self) -> list[str]:
        return [KIND_MIME]

    def mimeData(self, items: Sequence[QListWidgetItem]) -> QMimeData:
        data = QMimeData()
        for item in items:
            data.setData(KIND_MIME, str(item.data(_KIND)).encode())
        return data


class _EntryDelegate(QStyledItemDelegate):
    """Paints headings and entries; a long title takes two lines."""

    def __init__(self, rows: QListWidget) -> None:
        super().__init__(rows)
        self._rows = rows

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        if not index.data(_KIND):
            return QSize(_NARROWEST, _HEADING_HEIGHT)
        room = max(_NARROWEST, self._rows.viewport().width()) - _TITLE_LEFT - _TITLE_RIGHT
        metrics = QFontMetrics(theme.body_font())
        words = metrics.boundingRect(0, 0, room, 200, Qt.TextFlag.TextWordWrap, index.data())
        return QSize(_NARROWEST, max(_ROW_HEIGHT, words.height() + 10))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        kind = index.data(_KIND)
        rect = QRectF(option.rect)
        if kind:
            _paint_entry(painter, rect, option.state, kind, index.data())
        else:
            painter.setFont(theme.secondary_font(bold=True))
            painter.setPen(theme.colour("secondary"))
            painter.drawText(
                rect.adjusted(8, 8, 0, 0),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
                index.data(),
            )
        painter.restore()


def _paint_entry(painter: QPainter, rect: QRectF, state: QStyle.StateFlag, kind: str, title: str) -> None:
    is_selected = bool(state & QStyle.StateFlag.State_Selected)
    if is_selected or state & QStyle.StateFlag.State_MouseOver:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("selection" if is_selected else "hover"))
        painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 4, 4)
    square = QRectF(rect.left() + 8, rect.center().y() - 10, 20, 20)
    icons.draw(painter, kind, square, theme.family_colour(KINDS[kind].family))
    painter.setFont(theme.body_font())
    painter.setPen(theme.colour("text"))
    place = rect.adjusted(_TITLE_LEFT, 0, -_TITLE_RIGHT, 0)
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap, title)
