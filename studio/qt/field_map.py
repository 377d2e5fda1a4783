"""A map's plane in small, with the region of it that a unit sees."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from engine.plan.analysis.receptive_field import Region
from studio.qt import theme

_LEAST_CELL = 7.0
"""px of a place from which on places are parted."""


def plane(extents: tuple[int, int], room: QRectF) -> QRectF:
    """Return the place of a plane of some height and width in a room, as large as it fits."""
    height, width = extents
    scale = min(room.width() / width, room.height() / height)
    rect = QRectF(0, 0, width * scale, height * scale)
    rect.moveCenter(room.center())
    return rect


def paint_field(
    painter: QPainter, extents: tuple[int, int], region: Region | None, room: QRectF, *, shared: bool
) -> None:
    """Paint a plane; hatched where all its places share their weights, and the region in the accent.

    Places that are large enough are parted by lines.
    """
    rect = plane(extents, room)
    height, width = extents
    painter.setPen(QPen(theme.colour("line"), 1))
    painter.setBrush(theme.colour("surface"))
    painter.drawRect(rect)
    if shared:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(theme.colour("accent", 0.35), Qt.BrushStyle.BDiagPattern))
        painter.drawRect(rect)
    across, down = rect.width() / width, rect.height() / height
    if min(across, down) >= _LEAST_CELL:
        painter.setPen(QPen(theme.colour("line"), 1))
        for row in range(1, height):
            y = rect.top() + row * down
            painter.drawLine(QLineF(rect.left(), y, rect.right(), y))
        for column in range(1, width):
            x = rect.left() + column * across
            painter.drawLine(QLineF(x, rect.top(), x, rect.bottom()))
    if region is not None:
        place = QRectF(
            rect.left() + region.columns[0] * across,
            rect.top() + region.rows[0] * down,
            max(2.0, region.size[1] * across),
            max(2.0, region.size[0] * down),
        )
        tint = QColor(theme.colour("accent"))
        tint.setAlphaF(0.55)
        painter.setPen(QPen(theme.colour("accent"), 1))
        painter.setBrush(tint)
        painter.drawRect(place)
