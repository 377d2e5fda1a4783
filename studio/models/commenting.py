"""Comments on the canvas: each change is one step of undo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from engine.graph.comment import LONGEST_TEXT, Comment
from studio.models.document import Document
from studio.models.edits import Edit, Move, Position, SetComments, Several, Title
from studio.models.layout import CARD_HEIGHT, CARD_WIDTH, snapped

SMALLEST = (96.0, 48.0)
"""Width and height of the smallest frame, px."""
_USUAL = (240.0, 96.0)
_AIR = 24.0
_HEAD = 32.0
"""Room for a line of text above what is framed: it fits between two rows of cards, px."""
_SIDE = 96.0
"""Room left and right of what is framed: for the text, where no wire crosses it, px."""


def add(document: Document, text: str, place: Position, around: Iterable[str] = ()) -> str:
    """Add a comment at a place, or as a frame around layers; return its name."""
    comments = document.network.comments
    number = 1
    while f"note{number}" in comments:
        number += 1
    name = f"note{number}"
    comment = _frame(document, text, list(around)) or Comment(text, snapped(place), _USUAL)
    document.do(Title("Add comment"), SetComments(comments, comments | {name: comment}))
    return name


def write(document: Document, name: str, text: str) -> None:
    """Give a comment another text."""
    change(document, name, replace(document.network.comments[name], text=text[:LONGEST_TEXT]))


def change(document: Document, name: str, comment: Comment) -> None:
    """Put another comment in the place of one."""
    comments = document.network.comments
    document.do(Title("Change comment"), SetComments(comments, comments | {name: comment}))


def move(document: Document, places: Mapping[str, Position], layers: Mapping[str, Position]) -> None:
    """Move comments, and layers with them."""
    network = document.network
    moved = {
        name: replace(comment, place=snapped(places[name])) if name in places else comment
        for name, comment in network.comments.items()
    }
    after = {name: snapped(place) for name, place in layers.items()}
    edits: list[Edit] = [SetComments(network.comments, moved)]
    if after:
        edits.append(Move({name: network.positions[name] for name in after}, after))
    document.do(Title("Move comment"), Several(tuple(edits)))


def framed(document: Document, name: str) -> list[str]:
    """Return the layers whose cards lie wholly within a comment's frame."""
    comment = document.network.comments[name]
    (left, top), (width, height) = comment.place, comment.size
    return [
        layer
        for layer, (x, y) in document.network.positions.items()
        if left <= x and top <= y and x + CARD_WIDTH <= left + width and y + CARD_HEIGHT <= top + height
    ]


def _frame(document: Document, text: str, names: list[str]) -> Comment | None:
    if not names:
        return None
    places = [document.network.positions[name] for name in names]
    left, top = min(x for x, _ in places) - _SIDE, min(y for _, y in places) - _HEAD
    right, bottom = (
        max(x for x, _ in places) + CARD_WIDTH + _SIDE,
        max(y for _, y in places) + CARD_HEIGHT + _AIR,
    )
    return Comment(text, snapped((left, top)), (right - left, bottom - top))
