"""The inspector's plane of a layer's units, of which one can be looked at."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from engine.plan.analysis.receptive_field import shares_weights
from studio.models.document import Document
from studio.models.unit import UnitChoice
from studio.qt import theme
from studio.qt.field_map import paint_field, plane
from studio.qt.inspector.note import Note
from studio.qt.labels import SectionTitle

_SIDE = 96
_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class UnitPicker(QWidget):
    """Says what the chosen unit sees; hidden for layers whose units see all or nothing."""

    def __init__(self, document: Document, unit: UnitChoice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._unit = unit
        self.map = _UnitMap(document, unit)
        self.note = Note(rank="secondary")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(SectionTitle(self.tr("What a unit sees")))
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.map, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.note, 1, Qt.AlignmentFlag.AlignTop)
        column.addLayout(row)
        unit.changed.connect(self.refresh)
        self.refresh()

    def detach(self) -> None:
        """Listen to the choice no more; for when the window closes."""
        self._unit.changed.disconnect(self.refresh)

    def refresh(self) -> None:
        """Show the selected layer's plane and what is known of the unit."""
        name = self._unit.layer
        self.setVisible(name is not None)
        if name is not None:
            self.note.say(self._words(name))
            self.map.update()

    def _words(self, name: str) -> str:
        place = self._unit.place
        if place is None:
            return self.tr("Click on a place, or use the arrow keys.")
        height, width = self._unit.extents
        row, column = place
        lines = [self.tr("Unit at row {row}, column {column}").format(row=row, column=column)]
        for layer, region in self._unit.field.items():
            if not self._document.network.graph.inputs(layer):
                words = self.tr("It sees {height} × {width} px of {layer}.")
                lines.append(words.format(height=region.size[0], width=region.size[1], layer=layer))
        layer_kind = self._document.network.graph[name]
        if shares_weights(layer_kind):
            lines.append(self.tr("All {count} places share its weights.").format(count=height * width))
        elif layer_kind.kind == "local":
            lines.append(self.tr("No other place has its weights."))
        return "\n".join(lines)


class _UnitMap(QWidget):
    def __init__(self, document: Document, unit: UnitChoice) -> None:
        super().__init__()
        self._document = document
        self._unit = unit
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName(self.tr("What a unit sees"))

    def sizeHint(self) -> QSize:
        return QSize(_SIDE, _SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:
        name = self._unit.layer
        if name is None:
            return
        painter = QPainter(self)
        shared = shares_weights(self._document.network.graph[name]) and self._unit.place is not None
        paint_field(painter, self._unit.extents, self._unit.field.get(name), self._room(), shared=shared)
        if self.hasFocus():
            painter.setPen(theme.colour("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._choose(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._choose(event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(Qt.Key(event.key()))
        if event.key() == Qt.Key.Key_Escape:
            self._unit.choose(None)
        elif step is not None and self._unit.layer is not None:
            row, column = self._unit.place or (self._unit.extents[0] // 2, self._unit.extents[1] // 2)
            self._unit.choose((row + step[0], column + step[1]))
        else:
            super().keyPressEvent(event)

    def _choose(self, at: QPointF) -> None:
        if self._unit.layer is not None:
            rect, (height, width) = plane(self._unit.extents, self._room()), self._unit.extents
            down, across = (at.y() - rect.top()) / rect.height(), (at.x() - rect.left()) / rect.width()
            self._unit.choose((int(down * height), int(across * width)))

    def _room(self) -> QRectF:
        return QRectF(self.rect()).adjusted(2, 2, -2, -2)
