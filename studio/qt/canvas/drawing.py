"""The drawing as a picture: painted without the window, for files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from PySide6.QtCore import QBuffer, QPointF, QRect, QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QStyleOptionGraphicsItem

from engine.errors import FileWriteError
from studio.qt import theme
from studio.qt.canvas.scene import CanvasScene

_AIR = 24.0
_PIXELS = 2
"""Pixels of a PNG for a pixel of the scene."""
_LARGEST = 16_000
"""Of a PNG, px a side."""


def export_drawing(scene: CanvasScene, path: Path, title: str) -> None:
    """Write the whole drawing as SVG or PNG, by the path's suffix.

    Raises FileWriteError; a file that was there is then unharmed.
    """
    room = scene.network_rect().adjusted(-_AIR, -_AIR, _AIR, _AIR)
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    (_write_svg if path.suffix.lower() == ".svg" else _write_png)(scene, room, buffer, title)
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(bytes(buffer.data().data()))
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise FileWriteError(path=str(path), reason=error.strerror or str(error)) from error


def _write_svg(scene: CanvasScene, room: QRectF, to: QBuffer, title: str) -> None:
    generator = QSvgGenerator()
    generator.setOutputDevice(to)
    generator.setTitle(title)
    generator.setSize(room.size().toSize())
    generator.setViewBox(QRect(0, 0, round(room.width()), round(room.height())))
    painter = QPainter(generator)
    painter.translate(-room.topLeft())
    _paint(painter, scene, room)
    painter.end()


def _write_png(scene: CanvasScene, room: QRectF, to: QBuffer, title: str) -> None:
    scale = min(_PIXELS, _LARGEST / max(room.width(), room.height()))
    image = QImage((room.size() * scale).toSize(), QImage.Format.Format_RGB32)
    image.setText("Title", title)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(scale, scale)
    painter.translate(-room.topLeft())
    _paint(painter, scene, room)
    painter.end()
    image.save(to, "PNG")  # type: ignore[call-overload]  # bytes, as it is declared, are refused


def _paint(painter: QPainter, scene: CanvasScene, room: QRectF) -> None:
    """Paint comments, wires, pills and cards, in that order, without any selection."""
    painter.fillRect(room, theme.colour("background"))
    for comment in scene.comments.values():
        with _at(painter, comment.pos()):
            comment.paint(painter, _PLAIN)
    for wire in scene.wires.values():
        with _at(painter, wire.pos()):
            wire.paint_line(painter)
    for wire in scene.wires.values():
        with _at(painter, wire.pill.pos()):
            wire.paint_pill(painter, 1.0)
    for node in scene.nodes.values():
        with _at(painter, node.pos()):
            node.paint_card(painter, 1.0)


@contextmanager
def _at(painter: QPainter, place: QPointF) -> Iterator[None]:
    painter.save()
    painter.translate(place)
    yield
    painter.restore()


_PLAIN = QStyleOptionGraphicsItem()
