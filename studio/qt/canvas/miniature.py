"""A network in miniature: what its drawing looks like from afar."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap

from engine.graph.network_file import NetworkFile
from studio.models.layout import CARD_HEIGHT, CARD_WIDTH, place_new
from studio.qt import icons, theme

_AIR = 10.0
_LARGEST_CARD = 14.0
"""Height of a card of a small network, px."""
_SHORTEST_CARD = 20.0
"""Width of a card of a deep network, which is drawn upright, px."""
_PLACE = (64, 40)
"""Width and height of the place for a first layer, px."""


def miniature(network: NetworkFile, size: QSize, scale: float) -> QPixmap:
    """Return a picture of a network for screens of ``scale``; inputs are at the left, costs at the right.

    An empty network is a place to put a layer.
    """
    place_new(network)
    picture = QPixmap(size * scale)
    picture.setDevicePixelRatio(scale)
    picture.fill(theme.colour("background"))
    cards = {name: QRectF(y, x, CARD_HEIGHT, CARD_WIDTH) for name, (x, y) in network.positions.items()}
    room = QRectF(QPointF(0, 0), size.toSizeF())
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if cards:
        _paint(painter, network, cards, room)
    else:
        _paint_empty(painter, room)
    painter.end()
    return picture


def _paint_empty(painter: QPainter, room: QRectF) -> None:
    place = QRectF(0, 0, *_PLACE)
    place.moveCenter(room.center())
    painter.setPen(QPen(theme.colour("secondary"), 1.5, Qt.PenStyle.DashLine))
    painter.drawRoundedRect(place, 4, 4)
    plus = QRectF(0, 0, 20, 20)
    plus.moveCenter(place.center())
    icons.draw(painter, "plus", plus, theme.colour("secondary"))


def _paint(painter: QPainter, network: NetworkFile, cards: dict[str, QRectF], room: QRectF) -> None:
    whole = QRectF()
    for card in cards.values():
        whole = whole.united(card)
    across = min((room.width() - 2 * _AIR) / whole.width(), _LARGEST_CARD / CARD_HEIGHT)
    along = min((room.height() - 2 * _AIR) / whole.height(), max(2 * across, _SHORTEST_CARD / CARD_WIDTH))
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
