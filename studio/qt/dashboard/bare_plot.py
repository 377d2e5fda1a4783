"""A plot with axes of our own and nothing else of pyqtgraph's around it."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QWidget

from studio.qt import theme
from studio.qt.dashboard.axes import AIR, PlaceAxis, ValueAxis


class BarePlot(pg.PlotWidget):  # type: ignore[misc]
    """Places across, values up; tells where the pointer is, and can mark a place by a line.

    Whoever makes it has to ``dress`` it once.
    """

    hovered = Signal(object)
    """Place on the axis under the pointer; None when it leaves."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.bottom, self.left = PlaceAxis(), ValueAxis()
        axes = {"bottom": self.bottom, "left": self.left}
        super().__init__(parent, axisItems=axes, enableMenu=False)
        item = self.getPlotItem()
        item.layout.setContentsMargins(*AIR)
        item.hideButtons()
        self.setFrameShape(self.Shape.NoFrame)
        self._marker = pg.InfiniteLine(angle=90, movable=False)
        self._marker.setVisible(False)
        self.addItem(self._marker, ignoreBounds=True)
        self.scene().sigMouseMoved.connect(self._on_mouse_moved)

    def mark(self, place: float | None) -> None:
        """Draw a line at a place of the axis, or none."""
        self._marker.setVisible(place is not None)
        if place is not None:
            self._marker.setPos(place)

    def dress(self) -> None:
        """Take the colours and fonts of the theme."""
        self.setBackground(theme.colour("surface"))
        for axis in (self.left, self.bottom):
            axis.setPen(theme.colour("line"))
            axis.setTextPen(theme.colour("secondary"))
            axis.setStyle(tickFont=theme.secondary_font(), tickLength=0, hideOverlappingLabels=AIR[2])
        self._marker.setPen(theme.colour("secondary"))

    def _on_mouse_moved(self, position: Any) -> None:
        inside = self.getPlotItem().sceneBoundingRect().contains(position)
        self.hovered.emit(self.getViewBox().mapSceneToView(position).x() if inside else None)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.hovered.emit(None)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_marker"):
            self.dress()
