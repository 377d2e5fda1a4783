"""Marks of logical devices: a colour and a pattern each, so that no meaning hangs on colour alone."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPixmap

from studio.qt import theme

_PATTERNS = (
    Qt.BrushStyle.NoBrush,
    Qt.BrushStyle.BDiagPattern,
    Qt.BrushStyle.Dense6Pattern,
    Qt.BrushStyle.DiagCrossPattern,
    Qt.BrushStyle.VerPattern,
    Qt.BrushStyle.FDiagPattern,
    Qt.BrushStyle.HorPattern,
    Qt.BrushStyle.CrossPattern,
)


def device_colour(number: int) -> QColor:
    """Return the colour of logical device ``number``, counted from 0."""
    colours = theme.current().colours.devices
    return QColor(colours[number % len(colours)])


def paint_device(painter: QPainter, rect: QRectF, number: int) -> None:
    """Fill a place with a device's colour and pattern."""
    painter.fillRect(rect, device_colour(number))
    pattern = _PATTERNS[number % len(_PATTERNS)]
    if pattern != Qt.BrushStyle.NoBrush:
        painter.fillRect(rect, QBrush(theme.colour("surface"), pattern))


def swatch(number: int, size: QSize, ratio: float) -> QPixmap:
    """Return a device's mark as a picture for a screen of a device pixel ratio."""
    pixmap = QPixmap(size * ratio)
    pixmap.setDevicePixelRatio(ratio)
    painter = QPainter(pixmap)
    paint_device(painter, QRectF(0, 0, size.width(), size.height()), number)
    painter.end()
    return pixmap
