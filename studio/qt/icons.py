"""Icons as vector paths: one for each kind of layer, and those of the commands.

A path is SVG path data in a square of 24 × 24, drawn as a line of 1.75; what is in FILLED is filled too.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from studio.qt import theme

PATHS: dict[str, str] = {
    # Kinds of layers
    "data": "M4 5h16v14h-16z M4 16l5-5 4 4 3-3 4 4 M15.5 9.5h.01",
    "labels": "M4 4h8l8 8-8 8-8-8z M8 8h.01",
    "one_hot": "M7.5 3h9v18h-9z M7.5 9h9 M7.5 15h9",
    "crop": "M7 2.5v14.5h14.5 M2.5 7h14.5v14.5",
    "mirror": "M12 3v18 M8.5 7l-5 10h5z M15.5 7l5 10h-5z",
    "resize": "M4 4h16v16h-16z M4 13.5h6.5v6.5 M13 11l4-4 M13.5 7h3.5v3.5",
    "random_scale": "M4 4h16v16h-16z M8.5 11h6.5v6.5h-6.5z M12 8l4-4 M17 13l3-3",
    "rgb_to_yuv": "M9 9.5m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0"
    " M15 9.5m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0"
    " M12 15m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0",
    "rgb_to_lab": "M12 3v18 M3 12h18 M12 12m-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0",
    "blur": "M12 3c4 5 6 7.5 6 11a6 6 0 0 1-12 0c0-3.5 2-6 6-11z",
    "conv": "M4 4h16v16h-16z M4 9.33h16 M4 14.67h16 M9.33 4v16 M14.67 4v16",
    "local": "M4 4h16v16h-16z M8 8h.01 M15 7h2v2h-2z M7 15h3v3h-3z M14 16.5l1.5-2 1.5 2z",
    "pool": "M4 4h16v16h-16z M12 4v16 M4 12h16",
    "cmpool": "M12 5l8 4-8 4-8-4z M4 15l8 4 8-4",
    "nailbed": "M4 4h16v16h-16z M9 9h.01 M15 9h.01 M9 15h.01 M15 15h.01",
    "global_avg": "M4 4h16v16h-16z M12 12h.01 M7 7l2.5 2.5 M17 7l-2.5 2.5 M7 17l2.5-2.5 M17 17l-2.5-2.5",
    "cmrnorm": "M3 14c5 0 5-10 9-10s4 10 9 10 M4 17.5h16 M4 21h16",
    "rnorm": "M4 4h16v16h-16z M7 16.5c3 0 3-8.5 5-8.5s2 8.5 5 8.5",
    "cnorm": "M12 12m-8 0a8 8 0 1 0 16 0a8 8 0 1 0-16 0 M12 4v16",
    "batch_norm": "M3 17c5 0 5-13 9-13s4 13 9 13 M12 9v8 M3 20.5h18",
    "fc": "M5 5h14 M5 19h14 M5 5l14 14 M5 19l14-14",
    "sfc": "M5 4h14 M5 10h14 M5 4l14 6 M5 10l14-6 M5 14h14 M5 20h14 M5 14l14 6 M5 20l14-6",
    "neuron": "M4 18h7l8-12 M4 21h16",
    "dropout": "M7 7m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0 M17 17m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0"
    " M14.5 4.5l5 5 M19.5 4.5l-5 5 M4.5 14.5l5 5 M9.5 14.5l-5 5",
    "dropout2": "M7 7m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0 M17 17m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0"
    " M17 7m-1 0a1 1 0 1 0 2 0a1 1 0 1 0-2 0 M7 17m-1 0a1 1 0 1 0 2 0a1 1 0 1 0-2 0",
    "softmax": "M4 20h16 M6.5 20v-5 M12 20v-15 M17.5 20v-8",
    "cross_entropy": "M12 12m-8 0a8 8 0 1 0 16 0a8 8 0 1 0-16 0"
    " M12 12m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0",
    "eltsum": "M12 12m-8 0a8 8 0 1 0 16 0a8 8 0 1 0-16 0 M12 8v8 M8 12h8",
    "eltmax": "M12 12m-8 0a8 8 0 1 0 16 0a8 8 0 1 0-16 0 M8.5 13.5l3.5-4 3.5 4",
    "concat": "M3.5 6h7v12h-7z M13.5 6h7v12h-7z",
    "pass_on": "M4 12h15 M13.5 6.5l5.5 5.5-5.5 5.5",
    "target_cross_entropy": "M12 12m-8 0a8 8 0 1 0 16 0a8 8 0 1 0-16 0"
    " M12 12m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0",
    "bce": "M12 12m-8 0a8 8 0 1 0 16 0a8 8 0 1 0-16 0 M8.5 12l2.5 2.5 4.5-5",
    "dce": "M12 12m-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0 M12 2.5v5 M12 16.5v5 M2.5 12h5 M16.5 12h5",
    "sum2": "M17 7v-2.5h-10.5l6 7.5-6 7.5h10.5v-2.5",
    "layer": "M4 8l8-4 8 4-8 4z M4 12l8 4 8-4 M4 16l8 4 8-4",
    "muted": "M4 9.5h3.5l4.5-4v13l-4.5-4h-3.5z M16 9.5l5 5 M21 9.5l-5 5",
    "frozen": "M12 3v18 M4.2 7.5l15.6 9 M19.8 7.5l-15.6 9 M9.5 4.5l2.5 2 2.5-2 M9.5 19.5l2.5-2 2.5 2",
    # Commands
    "new": "M6 3h8l4 4v14h-12z M14 3v4h4",
    "open": "M3 19v-14h6l2 3h8v3 M3 19l3-8h16l-3 8z",
    "save": "M4 4h13l3 3v13h-16z M8 4v5h7v-5 M8 20v-6h8v6",
    "undo": "M8 5l-4 4 4 4 M4 9h10a5.5 5.5 0 0 1 0 11h-4",
    "redo": "M16 5l4 4-4 4 M20 9h-10a5.5 5.5 0 0 0 0 11h4",
    "play": "M8 5l11 7-11 7z",
    "back": "M16 5l-11 7 11 7z",
    "pause": "M8 5v14 M16 5v14",
    "stop": "M6 6h12v12h-12z",
    "plus": "M12 5v14 M5 12h14",
    "minus": "M5 12h14",
    "fit": "M4 9v-5h5 M15 4h5v5 M20 15v5h-5 M9 20h-5v-5",
    "layout": "M9 3h6v5h-6z M4 16h6v5h-6z M14 16h6v5h-6z M12 8v4 M7 16v-4h10v4",
    "runs": "M4 5h16 M4 10h16 M4 15h10 M4 20h10",
    "search": "M10.5 10.5m-6.5 0a6.5 6.5 0 1 0 13 0a6.5 6.5 0 1 0-13 0 M15.5 15.5l5 5",
    "close": "M6 6l12 12 M18 6l-12 12",
    "link": "M10 14l4-4 M8.5 10.5l-2.5 2.5a3.5 3.5 0 0 0 5 5l2.5-2.5"
    " M15.5 13.5l2.5-2.5a3.5 3.5 0 0 0-5-5l-2.5 2.5",
    "unlink": "M8.5 10.5l-2.5 2.5a3.5 3.5 0 0 0 5 5l2.5-2.5 M15.5 13.5l2.5-2.5a3.5 3.5 0 0 0-5-5l-2.5 2.5",
    "problem": "M12 4l9 16h-18z M12 10v4.5 M12 17.3h.01",
    "check": "M5 12.5l5 5 9-11",
}

FILLED: dict[str, str] = {
    "mirror": "M8.5 7l-5 10h5z",
    "cmpool": "M12 5l8 4-8 4-8-4z",
    "conv": "M4 4h10.67v10.67h-10.67z",
    "pool": "M4 4h8v8h-8z",
    "cnorm": "M12 4a8 8 0 0 1 0 16z",
    "concat": "M3.5 6h7v12h-7z",
    "one_hot": "M7.5 9h9v6h-9z",
    "target_cross_entropy": "M12 12m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0",
    "fc": "M2 2h6v6h-6z M16 2h6v6h-6z M2 16h6v6h-6z M16 16h6v6h-6z",
    "play": "M8 5l11 7-11 7z",
    "stop": "M6 6h12v12h-12z",
}
"""What is filled as well, faintly or, where there is but one colour to it, wholly."""

_SOLID = ("play", "stop", "fc")

_SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{colour}"
stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round"><path d="{filled}" fill="{colour}"
fill-opacity="{opacity}" stroke="none"/><path d="{path}"/></svg>"""

_SCALES = (1, 2)


@lru_cache(maxsize=512)
def _renderer(name: str, colour: str, width: float) -> QSvgRenderer:
    opacity = 1.0 if name in _SOLID else 0.25
    svg = _SVG.format(
        colour=colour,
        width=width,
        filled=FILLED.get(name, "M0 0"),
        opacity=opacity,
        path=PATHS.get(name, PATHS["layer"]),
    )
    return QSvgRenderer(QByteArray(svg.encode()))


def draw(painter: QPainter, name: str, target: QRectF, colour: QColor, width: float = 1.75) -> None:
    """Draw an icon; a kind of layer without an icon of its own gets that of layers at large."""
    _renderer(name if name in PATHS else "layer", colour.name(), width).render(painter, target)


def pixmap(name: str, size: int, colour: QColor, scale: float = 1.0) -> QPixmap:
    """Return an icon of ``size`` px as a picture for screens of ``scale``."""
    picture = QPixmap(QSize(size, size) * scale)
    picture.setDevicePixelRatio(scale)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    draw(painter, name, QRectF(0, 0, size, size), colour)
    painter.end()
    return picture


def icon(name: str, size: int = 20, colour: QColor | None = None) -> QIcon:
    """Return an icon in the colours of the current theme, or in one colour."""
    return _icon(name, size, (colour or theme.colour("text")).name(), theme.colour("disabled").name())


@lru_cache(maxsize=256)
def _icon(name: str, size: int, colour: str, disabled: str) -> QIcon:
    made = QIcon()
    for scale in _SCALES:
        made.addPixmap(pixmap(name, size, QColor(colour), scale), QIcon.Mode.Normal)
        made.addPixmap(pixmap(name, size, QColor(disabled), scale), QIcon.Mode.Disabled)
    return made
