"""A comment on the canvas: a frame behind the cards, with its text at the top."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyle, QStyleOptionGraphicsItem, QWidget

from engine.graph.comment import Comment
from studio.qt import theme

_AIR = 10.0
_EDGE = 8.0
"""Width of the border that can be pressed, px."""
_CORNER = 16.0
_RADIUS = 6.0
_BEHIND = -1.0


class CommentItem(QGraphicsItem):
    """Mirrors one comment. Its text and its border can be pressed; what it frames stays within reach."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.comment = Comment("", (0, 0), (1, 1))
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
        self.setZValue(_BEHIND)

    def show_comment(self, comment: Comment) -> None:
        """Show a comment at its place."""
        self.prepareGeometryChange()
        self.comment = comment
        self.setPos(*comment.place)
        self.setToolTip(comment.text if self._text_height() > comment.size[1] else "")
        self.update()

    def stretch(self, size: QSizeF) -> None:
        """Show the frame with another size, for the time being."""
        self.prepareGeometryChange()
        self.comment = Comment(self.comment.text, self.comment.place, (size.width(), size.height()))
        self.update()

    @property
    def frame(self) -> QRectF:
        """The frame around the item's place."""
        return QRectF(0, 0, *self.comment.size)

    def is_corner(self, place: QPointF) -> bool:
        """Whether a place of the scene is the corner by which the frame is made larger."""
        local = self.mapFromScene(place)
        corner = self.frame.bottomRight()
        return QRectF(corner - QPointF(_CORNER, _CORNER), corner).contains(local)

    def boundingRect(self) -> QRectF:
        return self.frame.adjusted(-1, -1, 1, 1)

    def shape(self) -> QPainterPath:
        frame = self.frame
        path = QPainterPath()
        path.addRect(frame)
        inner = frame.adjusted(_EDGE, min(self._text_height(), frame.height() - _EDGE), -_EDGE, -_EDGE)
        hole = QPainterPath()
        hole.addRect(inner)
        corner = QPainterPath()
        corner.addRect(QRectF(frame.bottomRight() - QPointF(_CORNER, _CORNER), frame.bottomRight()))
        return path.subtracted(hole).united(corner)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        colour = theme.colour("warning")
        painter.setPen(QPen(theme.colour("accent") if is_selected else colour, 2 if is_selected else 1))
        painter.setBrush(theme.colour("warning", 0.08))
        painter.drawRoundedRect(self.frame, _RADIUS, _RADIUS)
        painter.setPen(theme.colour("text"))
        painter.setFont(theme.body_font())
        painter.setClipRect(self.frame)
        painter.drawText(self._text_room(), _FLAGS, self.comment.text)
        painter.setPen(QPen(colour, 1))
        corner = self.frame.bottomRight() - QPointF(4, 4)
        for step in (4.0, 8.0):
            painter.drawLine(corner - QPointF(step, 0), corner - QPointF(0, step))

    def _text_room(self) -> QRectF:
        return self.frame.adjusted(_AIR, _AIR, -_AIR, -_AIR)

    def _text_height(self) -> float:
        metrics = QFontMetricsF(theme.body_font())
        room = QRectF(0, 0, self._text_room().width(), 1e6)
        return max(28.0, metrics.boundingRect(room, _FLAGS, self.comment.text).height() + 2 * _AIR)


_FLAGS = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
