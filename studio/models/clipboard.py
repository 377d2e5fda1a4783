"""Layers as text: what is copied is a network file of its own, which can be pasted anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from engine.errors import ConvNetError
from engine.graph.comment import Comment
from engine.graph.layer_graph import Wire
from engine.graph.network_file import NetworkFile, dumps, loads
from studio.models.document import Document
from studio.models.edits import AddLayer, Connect, Edit, Position, SetComments, Several, Title
from studio.models.layout import place_new, snapped

_SECTIONS = ("format", "version", "layers", "canvas")
"""What is copied of a file."""

_BESIDE = 32.0
"""How far a copy lies from what it was copied of, px."""


def copy(network: NetworkFile, layers: Iterable[str], comments: Iterable[str] = ()) -> str:
    """Return layers, the wires between them, and comments as the text of a network file."""
    chosen, noted = set(layers), set(comments)
    part = NetworkFile()
    for name in network.graph:
        if name in chosen:
            part.graph.add(name, network.graph[name])
            part.positions[name] = network.positions[name]
    for wire in network.graph.wires():
        if wire.source in chosen and wire.target in chosen:
            part.graph.connect(wire)
    part.comments = {name: comment for name, comment in network.comments.items() if name in noted}
    document = json.loads(dumps(part))
    return json.dumps({key: document[key] for key in _SECTIONS}, indent=2, ensure_ascii=False) + "\n"


def read(text: str) -> NetworkFile | None:
    """Return what a text holds; None where it is no network, or one without anything to paste."""
    try:
        network = loads(text, "clipboard")
    except ConvNetError:
        return None
    place_new(network)
    return network if len(network.graph) or network.comments else None


def paste(document: Document, part: NetworkFile, at: Position | None = None) -> tuple[list[str], list[str]]:
    """Add layers and comments in a step of undo, around a place or beside where they were.

    Return their names, which are new ones where the old ones are taken.
    """
    network = document.network
    by_x, by_y = _offset(part, at)
    taken = set(network.graph)
    names = {name: _free(name, taken) for name in part.graph}
    edits: list[Edit] = []
    for name, new_name in names.items():
        x, y = part.positions[name]
        place = snapped((x + by_x, y + by_y))
        edits.append(AddLayer(new_name, part.graph[name], place, len(network.graph) + len(edits)))
    edits += [Connect(Wire(names[w.source], names[w.target], w.port)) for w in sorted(part.graph.wires())]
    taken = set(network.comments)
    added = {_free(name, taken): _moved(comment, by_x, by_y) for name, comment in part.comments.items()}
    if added:
        edits.append(SetComments(network.comments, network.comments | added))
    document.do(Title("Paste {count} layers", {"count": len(names)}), Several(tuple(edits)))
    return list(names.values()), list(added)


def _offset(part: NetworkFile, at: Position | None) -> Position:
    if at is None:
        return _BESIDE, _BESIDE
    corners = [*part.positions.values(), *(comment.place for comment in part.comments.values())]
    return at[0] - min(x for x, _ in corners), at[1] - min(y for _, y in corners)


def _moved(comment: Comment, by_x: float, by_y: float) -> Comment:
    x, y = comment.place
    return replace(comment, place=snapped((x + by_x, y + by_y)))


def _free(name: str, taken: set[str]) -> str:
    """Return a name, with another number where it is taken, and take it."""
    free, number = name, 1
    stem = name.rstrip("0123456789") or name
    while free in taken:
        number += 1
        free = f"{stem}{number}"
    taken.add(free)
    return free
