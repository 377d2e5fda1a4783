"""A list of kinds of layers, under the headings of their families or best match first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
)

from engine.layers.base import Family, Layer
from engine.layers.catalogue import KINDS
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

KIND = Qt.ItemDataRole.UserRole
"""Where an entry holds its kind; a heading holds none."""
_ROW_HEIGHT = 28
_HEADING_HEIGHT = 26
_TITLE_LEFT = 38
_TITLE_RIGHT = 4
_NARROWEST = 120


def matches(layer: type[Layer], words: str) -> bool:
    """Whether a kind of layer is meant by what was typed: every word starts a word of its names."""
    names = (
        layer.kind,
        layer.title,
        layer_text(layer.title),
        *layer.synonyms,
        *map(layer_text, layer.synonyms),
    )
    known = " ".join(name.replace("_", " ") for name in names).casefold().split()
    return all(any(name.startswith(word) for name in known) for word in words.casefold().split())


def best_first(layers: Iterable[type[Layer]], words: str) -> list[type[Layer]]:
    """Return those kinds that are meant: first those whose title or kind begins as was typed."""
    start = words.casefold().strip()

    def rank(layer: type[Layer]) -> bool:
        titles = (layer.kind, layer.title, layer_text(layer.title))
        return not any(title.casefold().startswith(start) for title in titles)

    return sorted((layer for layer in layers if matches(layer, words)), key=rank)


class LayerList(QListWidget):
    """Entries with icons; they can be dragged onto the canvas."""

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
                self._add(layer)
        if layers:
            self.setCurrentRow(1)
            self.clearSelection()

    def fill_in_order(self, layers: Sequence[type[Layer]]) -> None:
        """Show these layers in their order, and select the first one."""
        self.clear()
        for layer in layers:
            self._add(layer)
        self.setCurrentRow(0)

    def kind_of(self, item: QListWidgetItem | None) -> str | None:
        """Return the kind of an entry; None for a heading."""
        return item.data(KIND) if item is not None else None

    def _add(self, layer: type[Layer]) -> None:
        entry = QListWidgetItem(layer_text(layer.title), self)
        entry.setData(KIND, layer.kind)
        words = (layer_text(layer.title), layer_text(layer.summary))
        entry.setToolTip("<p><b>{}</b></p><p>{}</p>".format(*map(escape, words)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()  # rows are as high as their titles need at this width

    def mimeTypes(self) -> list[str]:
        return [KIND_MIME]

    def mimeData(self, items: Sequence[QListWidgetItem]) -> QMimeData:
        data = QMimeData()
        for item in items:
            data.setData(KIND_MIME, str(item.data(KIND)).encode())
        return data


class _EntryDelegate(QStyledItemDelegate):
    """Paints headings and entries; a long title takes two lines."""

    def __init__(self, rows: QListWidget) -> None:
        super().__init__(rows)
        self._rows = rows

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        if not index.data(KIND):
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
        kind = index.data(KIND)
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


class ArrowKeys(QObject):
    """Lets the arrow keys go through a list while a search field has the focus."""

    def __init__(self, field: QLineEdit, rows: QListWidget) -> None:
        super().__init__(field)
        self._rows = rows
        field.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        is_key = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if is_key and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):  # type: ignore[attr-defined]
            self._rows.keyPressEvent(event)  # type: ignore[arg-type]
            return True
        return super().eventFilter(watched, event)
