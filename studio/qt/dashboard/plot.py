"""One plot of a quantity over the course of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QWidget

from engine.curves import Column
from engine.protocol.messages import Split
from studio.models.curves import Axis, Curve, Curves, Quantity, round_end, usual_top
from studio.qt import theme
from studio.qt.dashboard.bare_plot import BarePlot
from studio.qt.dashboard.grid import Grid
from studio.qt.dashboard.mark_lines import MarkLines, PlacedMark

LEAST_LOG = 1e-12
"""Values at or below this have no place on a logarithmic scale."""


@dataclass(frozen=True)
class SplitStyle:
    """How the line of a split looks, so that colour is never all that tells it from another."""

    colour: str  # name of a colour of the theme
    dash: Qt.PenStyle
    symbol: str | None  # of pyqtgraph

    def pen(self, opacity: float = 1.0) -> QPen:
        """Return a pen for the line."""
        pen = hair_line(self.colour, opacity)
        pen.setStyle(self.dash)
        return pen


STYLES: dict[Split, SplitStyle] = {
    "train": SplitStyle("accent", Qt.PenStyle.SolidLine, None),
    "validation": SplitStyle("activation", Qt.PenStyle.DashLine, "o"),
    "test": SplitStyle("cost", Qt.PenStyle.DotLine, "s"),
}


def hair_line(colour: str, opacity: float = 1.0) -> QPen:
    """Return a pen of one pixel, which Qt draws quickest."""
    pen = QPen(split_colour(colour, opacity))
    pen.setCosmetic(True)
    pen.setWidth(1)
    return pen


def split_colour(name: str, opacity: float = 1.0) -> Any:
    """Return a colour of the theme, or the hue of a family of layers, by its name."""
    families = theme.current().colours.families
    if name not in families:
        return theme.colour(name, opacity)
    hue = theme.family_colour(name)  # type: ignore[arg-type]
    hue.setAlphaF(opacity)
    return hue


class Plot(BarePlot):
    """Loss or error of all splits. Shows what ``refresh`` last took from the curves."""

    zoomed = Signal(object)
    """The person chose to see these places of the axis (low, high); None: the whole run."""

    def __init__(self, curves: Curves, quantity: Quantity, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves = curves
        self.quantity = quantity
        self._places: tuple[float, float] | None = None
        self._faint = self._add_line()
        self._lines = {split: self._add_line() for split in STYLES}
        self._marks = {split: self._add_line() for split, style in STYLES.items() if style.symbol}
        self._grid = Grid(self.getViewBox(), self.bottom, self.left)
        self.addItem(self._grid, ignoreBounds=True)
        self._events = MarkLines(self.getViewBox())
        self.addItem(self._events, ignoreBounds=True)
        self._set_up()
        self.dress()

    def _add_line(self) -> Any:
        line = pg.PlotDataItem(connect="finite", antialias=False)
        self.addItem(line)
        return line

    def _set_up(self) -> None:
        box = self.getViewBox()
        box.setMouseEnabled(x=True, y=False)
        box.disableAutoRange()
        box.sigRangeChangedManually.connect(self._on_zoomed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # ---- What is shown ----------------------------------------------------------------------------------

    def show_quantity(self, quantity: Quantity) -> None:
        """Show another quantity."""
        self.quantity = quantity
        self.refresh()

    def show_marks(self, marks: list[PlacedMark]) -> None:
        """Show what happened to the run, at its places."""
        self._events.show_marks(marks)

    def refresh(self) -> None:
        """Take the curves as they are now, for the places that are visible."""
        low, high = self._places or (-np.inf, np.inf)
        raw = {split: self._curves.raw(split, self.quantity, low, high) for split in STYLES}
        self._draw(self._faint, raw["train"])
        self._draw(self._lines["train"], self._curves.smooth("train", self.quantity, low, high))
        for split, marks in self._marks.items():
            self._draw(self._lines[split], raw[split])
            self._draw(marks, raw[split].marks())
        self._scale(list(raw.values()))

    def show_places(self, places: tuple[float, float] | None) -> None:
        """Show these places of the axis, from the next ``refresh`` on; None: the whole run as it grows."""
        self._places = places

    def set_log(self, on: bool) -> None:
        """Choose a logarithmic scale, from the next ``refresh`` on."""
        self.left.set_log(on)

    def set_axis(self, axis: Axis) -> None:
        """Name the axis after what it counts; the curves say where the rows lie on it."""
        self.bottom.set_axis(axis)

    def _scale(self, curves: list[Curve]) -> None:
        """Fit the values to what is seen: from 0 up, or, on a logarithmic scale, all of them."""
        box = self.getViewBox()
        begin = self._curves.begin
        whole = begin, begin + round_end(self._curves.end - begin)
        box.setXRange(*(self._places or whole), padding=0)
        if not self.left.is_log:
            box.setYRange(0.0, round_end(self._unit * usual_top(curves)), padding=0)
            return
        shown = np.concatenate([self._shown(curve) for curve in curves])
        if np.isfinite(shown).any():
            box.setYRange(np.nanmin(shown), np.nanmax(shown), padding=0.05)

    @property
    def pixel_width(self) -> float:
        """What a pixel is wide on the axis of places."""
        return float(self.getViewBox().viewPixelSize()[0])

    @property
    def _unit(self) -> float:
        """What values are multiplied by: errors are shown in per cent."""
        return 100.0 if self.quantity.endswith("error") else 1.0

    def _shown(self, curve: Curve) -> Column:
        """The values of a curve as they are drawn."""
        y = self._unit * curve.y
        return np.log10(np.where(y > LEAST_LOG, y, np.nan)) if self.left.is_log else y

    def _draw(self, line: Any, curve: Curve) -> None:
        y = self._shown(curve)
        if np.isfinite(y).any():
            line.setData(curve.x, y)
        else:
            line.clear()

    # ---- What happens -----------------------------------------------------------------------------------

    def _on_zoomed(self) -> None:
        low, high = self.getViewBox().viewRange()[0]
        self.zoomed.emit((low, high))

    def mouseDoubleClickEvent(self, event: Any) -> None:
        super().mouseDoubleClickEvent(event)
        self.zoomed.emit(None)

    def dress(self) -> None:
        super().dress()
        self._grid.set_pen(hair_line("line", 0.6))
        self._events.update()
        self._faint.setPen(STYLES["train"].pen(0.3))
        for split, line in self._lines.items():
            line.setPen(STYLES[split].pen())
        for split, marks in self._marks.items():
            style = STYLES[split]
            marks.setPen(None)
            marks.setSymbol(style.symbol)
            marks.setSymbolSize(5)
            marks.setSymbolPen(None)
            marks.setSymbolBrush(split_colour(style.colour))
