"""A network in miniature: what its drawing looks like from afar."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap

from engine.graph.network_file import NetworkFile
from studio.models.layout import CARD_HEIGHT, CARD_WIDTH, place_new
from studio.qt import theme

_AIR = 10.0
_LARGEST_CARD = 14.0
"""Height of a card of a small network, px."""


def miniature(network: NetworkFile, size: QSize, scale: float) -> QPixmap:
    """Return a picture of a network for screens of ``scale``; inputs are at the left, costs at the right."""
    place_new(network)
    picture = QPixmap(size * scale)
    picture.setDevicePixelRatio(scale)
    picture.fill(theme.colour("background"))
    cards = {name: QRectF(y, x, CARD_HEIGHT, CARD_WIDTH) for name, (x, y) in network.positions.items()}
    if cards:
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _paint(painter, network, cards, QRectF(QPointF(0, 0), size.toSizeF()))
        painter.end()
    return picture


def _paint(painter: QPainter, network: NetworkFile, cards: dict[str, QRectF], room: QRectF) -> None:
    whole = QRectF()
    for card in cards.values():
        whole = whole.united(card)
    across = min((room.width() - 2 * _AIR) / whole.width(), _LARGEST_CARD / CARD_HEIGHT)
    along = min((room.height() - 2 * _AIR) / whole.height(), 2 * across)
    painter.translate(room.center())
    painter.scale(across, along)
    painter.translate(-whole.center())
    wire = QPen(theme.colour("wire"), 1)
    wire.setCosmetic(True)
    painter.setPen(wire)
    for each in network.graph.wires():
        painter.drawLine(cards[each.source].center(), cards[each.target].center())
    painter.setPen(Qt.PenStyle.NoPen)
    for name, card in cards.items():
        painter.setBrush(theme.family_colour(network.graph[name].family))
        painter.drawRoundedRect(card, 12, 12)
