"""A comment on the canvas: a text in a frame, which lies behind the layers."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_TEXT = 4096


@dataclass(frozen=True)
class Comment:
    """A ``text`` of some lines; ``place`` is its frame's upper left corner, ``size`` its extent, px."""

    text: str
    place: tuple[float, float]
    size: tuple[float, float]
