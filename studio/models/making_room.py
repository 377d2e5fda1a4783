"""Room for a layer that is put onto a wire: what comes below moves down, as far as it must."""

from __future__ import annotations

from dataclasses import replace

from engine.graph.comment import Comment
from engine.graph.layer_graph import Wire
from engine.graph.network_file import NetworkFile
from studio.models.edits import Edit, Move, Position, SetComments
from studio.models.layout import CARD_WIDTH, ROW, snapped


def making_room(
    network: NetworkFile, wire: Wire, position: Position, name: str = ""
) -> tuple[Position, list[Edit]]:
    """Return where a card goes that was let go over a wire, and the edits that make room for it.

    Over a wire that leads down a column it goes into that column, a row below the wire's source. ``name`` is
    the layer's own name where it is on the canvas already.
    """
    source, target = network.positions[wire.source], network.positions[wire.target]
    x, y = snapped(position)
    is_column = source[0] == target[0] and source[1] < target[1] and abs(x - source[0]) < CARD_WIDTH
    if not is_column:
        return (x, y), []
    x, y = source[0], max(y, source[1] + ROW)
    by = y + ROW - target[1]
    return (x, y), _moved_down(network, target[1], by, name) if by > 0 else []


def _moved_down(network: NetworkFile, top: float, by: float, name: str) -> list[Edit]:
    """Return the edits that move all down by so much that is at ``top`` or below it, but for one layer."""
    before = {other: place for other, place in network.positions.items() if place[1] >= top and other != name}
    after = {other: (x, y + by) for other, (x, y) in before.items()}
    comments = {note: _given_way(comment, top, by) for note, comment in network.comments.items()}
    edits: list[Edit] = [Move(before, after)]
    if comments != network.comments:
        edits.append(SetComments(network.comments, comments))
    return edits


def _given_way(comment: Comment, top: float, by: float) -> Comment:
    """Return a comment moved down with what is below ``top``, or as much higher where it reaches over it."""
    (left, upper), (width, height) = comment.place, comment.size
    if upper >= top:
        return replace(comment, place=(left, upper + by))
    return replace(comment, size=(width, height + by)) if upper + height > top else comment
