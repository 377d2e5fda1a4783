"""How a layer's card is painted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from engine.layers.base import Layer
from engine.plan.analysis.partition.places import Place
from studio.models.layout import CARD_HEIGHT, CARD_WIDTH
from studio.qt import icons, theme
from studio.qt.canvas.ports import PORT_RADIUS, PortRef, port_place, ports_of
from studio.qt.device_marks import paint_device
from studio.qt.texts import caption_text

SMALLEST_READABLE = 0.35
"""Zoom below which words would be specks: they are left out."""

CARD = QRectF(0, 0, CARD_WIDTH, CARD_HEIGHT)
RADIUS = 6.0
_BAND = 6.0
_ICON = QRectF(_BAND + 10, 20, 24, 24)
_TEXT_LEFT = _ICON.right() + 10
_TEXT_WIDTH = CARD_WIDTH - _TEXT_LEFT - 8
_BADGE = QPointF(CARD_WIDTH - 6, 4)
_BADGE_RADIUS = 8.0
_CAPTION_LINES = 2
_PARAMETERS = re.compile(r"\[[^]]*\]")
_LINE_HEIGHT = 14.0
_BAR = QRectF(_TEXT_LEFT, CARD_HEIGHT - 9, _TEXT_WIDTH, 4)
_STRIP = QRectF(_BAND, CARD_HEIGHT - 8, CARD_WIDTH - _BAND, 8)
_SWITCH = QRectF(CARD_WIDTH - 30, 7, 14, 14)


@dataclass(frozen=True)
class Look:
    """All that a card shows; where two are equal, nothing need be painted anew.

    ``facts`` are lines that the lens shows instead of the caption, ``share`` is the layer's part of what the
    network costs, 0 to 1, and ``strip`` where it runs.
    """

    name: str
    layer: Layer
    has_problem: bool = False
    missing: frozenset[int] = frozenset()
    facts: tuple[str, ...] = ()
    share: float | None = None
    strip: Place | None = None
    offered: frozenset[PortRef] = frozenset()
    hovered: PortRef | None = None


def paint_card(painter: QPainter, look: Look, scale: float) -> None:
    """Paint a card with its upper left corner at the origin; small ones without words."""
    hue = theme.family_colour(look.layer.family)
    if look.layer.muted:
        hue = theme.colour("disabled")
    _paint_ground(painter, hue, look.layer.muted, is_small=scale < SMALLEST_READABLE)
    if scale >= SMALLEST_READABLE:
        icons.draw(painter, look.layer.kind, _ICON, hue)
        _paint_words(painter, look)
        _paint_switches(painter, look.layer)
        if look.share is not None:
            _paint_share(painter, look.share)
        for port in ports_of(look.name, look.layer):
            _paint_port(painter, look, port)
    if look.strip is not None:
        _paint_strip(painter, look.strip)
    if look.has_problem:
        _paint_badge(painter)


def _paint_ground(painter: QPainter, hue: QColor, is_muted: bool, *, is_small: bool) -> None:
    """Paint the card without its words; small ones are told apart by the hue of their family."""
    card = QPainterPath()
    card.addRoundedRect(CARD, RADIUS, RADIUS)
    painter.fillPath(card, theme.colour("background" if is_muted else "surface"))
    if is_small:
        tint = QColor(hue)
        tint.setAlphaF(0.35)
        painter.fillPath(card, tint)
    painter.save()
    painter.setClipPath(card)
    painter.fillRect(QRectF(0, 0, _BAND, CARD_HEIGHT), hue)
    painter.restore()
    pen = QPen(theme.colour("wire" if is_muted else "line"), 1)
    if is_muted:
        pen.setDashPattern([4, 3])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(card)


def _paint_words(painter: QPainter, look: Look) -> None:
    lines = list(look.facts) or caption_lines(look.layer)
    height = _LINE_HEIGHT * (len(lines) + 1) + 3
    top = (CARD_HEIGHT - height) / 2 - (3 if look.share is not None or look.strip is not None else 0)
    painter.setPen(theme.colour("secondary" if look.layer.muted else "text"))
    painter.setFont(theme.body_font(bold=True))
    name = elided(look.name, painter.font(), Qt.TextElideMode.ElideMiddle)
    painter.drawText(_line(top, 16), Qt.AlignmentFlag.AlignVCenter, name)
    painter.setFont(theme.secondary_font())
    painter.setPen(theme.colour("secondary"))
    for index, words in enumerate(lines):
        place = _line(top + 17 + index * _LINE_HEIGHT, _LINE_HEIGHT)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, words)


def _paint_share(painter: QPainter, share: float) -> None:
    """Paint a bar that is as long as the layer's share."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("hover"))
    painter.drawRoundedRect(_BAR, 2, 2)
    if share > 0:
        painter.setBrush(theme.colour("accent"))
        width = max(4.0, _BAR.width() * min(1.0, share))
        painter.drawRoundedRect(QRectF(_BAR.topLeft(), QPointF(_BAR.left() + width, _BAR.bottom())), 2, 2)


def _paint_strip(painter: QPainter, place: Place) -> None:
    """Paint where a layer runs along its lower edge: shares side by side, repetitions one above the other."""
    painter.save()
    card = QPainterPath()
    card.addRoundedRect(CARD, RADIUS, RADIUS)
    painter.setClipPath(card)
    count = len(place.ranks)
    for index, rank in enumerate(place.ranks):
        if place.placement == "replicated":
            height = _STRIP.height() / count
            rect = QRectF(_STRIP.left(), _STRIP.top() + index * height, _STRIP.width(), height)
        else:
            width = _STRIP.width() / count
            rect = QRectF(_STRIP.left() + index * width, _STRIP.top(), width, _STRIP.height())
        paint_device(painter, rect, rank)
    painter.restore()


def _paint_switches(painter: QPainter, layer: Layer) -> None:
    """Paint a mark for what is muted or frozen."""
    names = [name for name in ("muted", "frozen") if getattr(layer, name, False)]
    for index, name in enumerate(names):
        icons.draw(painter, name, _SWITCH.translated(-18 * index, 0), theme.colour("secondary"))


def _paint_port(painter: QPainter, look: Look, port: PortRef) -> None:
    is_lit = port in look.offered or port == look.hovered
    is_missing = port.side == "input" and port.index in look.missing
    colour = theme.colour("accent" if is_lit else "error" if is_missing else "wire")
    radius = PORT_RADIUS + 1.5 if is_lit else PORT_RADIUS
    painter.setPen(QPen(colour, 2 if is_lit or is_missing else 1.5))
    painter.setBrush(colour if port == look.hovered else theme.colour("surface"))
    painter.drawEllipse(port_place(look.layer, port), radius, radius)


def _paint_badge(painter: QPainter) -> None:
    painter.setPen(QPen(theme.colour("background"), 2))
    painter.setBrush(theme.colour("error"))
    painter.drawEllipse(_BADGE, _BADGE_RADIUS, _BADGE_RADIUS)
    painter.setPen(theme.colour("surface"))
    painter.setFont(theme.secondary_font(bold=True))
    square = QRectF(_BADGE.x() - 8, _BADGE.y() - 8, 16, 16)
    painter.drawText(square, Qt.AlignmentFlag.AlignCenter, "!")


def caption_lines(layer: Layer) -> list[str]:
    """Return a layer's caption, or its kind where it has none, in lines that fit its card.

    Where there is no room for a neuron's parameters, they are left out: a part of them would tell nothing.
    """
    font = theme.secondary_font()
    metrics = QFontMetricsF(font)
    caption = caption_text(layer)
    for words in (caption, _PARAMETERS.sub("", caption)):
        lines = _wrapped(words.split(" · "), metrics)
        if all(metrics.horizontalAdvance(line) <= _TEXT_WIDTH for line in lines):
            break
    return [elided(line, font, Qt.TextElideMode.ElideRight) for line in lines]


def _wrapped(parts: Sequence[str], metrics: QFontMetricsF) -> list[str]:
    """Return parts in lines; the last line takes all that is left, be it too long."""
    lines: list[str] = []
    for part in parts:
        joined = f"{lines[-1]} · {part}" if lines else part
        if lines and (metrics.horizontalAdvance(joined) <= _TEXT_WIDTH or len(lines) == _CAPTION_LINES):
            lines[-1] = joined
        else:
            lines.append(part)
    return lines


def elided(words: str, font: QFont, mode: Qt.TextElideMode) -> str:
    """Return words cut to the width of a card's text."""
    return QFontMetricsF(font).elidedText(words, mode, _TEXT_WIDTH)


def _line(top: float, height: float) -> QRectF:
    return QRectF(_TEXT_LEFT, top, _TEXT_WIDTH, height)
