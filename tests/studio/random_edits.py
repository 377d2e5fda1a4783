"""Edits at random, as a restless person makes them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from engine.errors import NetworkError
from engine.graph.layer_graph import Wire
from engine.layers.catalogue import KINDS
from studio.models import arranging, clipboard, commenting, editing, splicing, switching
from studio.models.document import Document

Draw = Callable[[st.SearchStrategy[Any]], Any]

_PLACES = st.tuples(st.integers(-2000, 2000), st.integers(-2000, 2000))


def random_edit(document: Document, draw: Draw) -> None:
    """Do one thing to the document."""
    draw(st.sampled_from(_EDITS))(document, draw)


def _a_layer(document: Document, draw: Draw) -> str | None:
    names = list(document.network.graph)
    return str(draw(st.sampled_from(names))) if names else None


def _add(document: Document, draw: Draw) -> None:
    editing.add_layer(document, draw(st.sampled_from(sorted(KINDS))), draw(_PLACES))


def _append(document: Document, draw: Draw) -> None:
    if (name := _a_layer(document, draw)) is not None:
        editing.append_layer(document, draw(st.sampled_from(sorted(KINDS))), name)


def _remove(document: Document, draw: Draw) -> None:
    names, wires = list(document.network.graph), document.network.graph.wires()
    if names:
        doomed = draw(st.lists(st.sampled_from(names), max_size=3))
        cut = draw(st.lists(st.sampled_from(wires), max_size=2)) if wires else []
        editing.remove(document, doomed, cut)


def _connect(document: Document, draw: Draw) -> None:
    """Any wire that can be drawn, also one that makes a circle."""
    source, target = _a_layer(document, draw), _a_layer(document, draw)
    if source is not None and target is not None and document.network.graph[target].inputs:
        port = draw(st.integers(0, len(document.network.graph[target].inputs) - 1))
        editing.connect(document, Wire(source, target, port))


def _reroute(document: Document, draw: Draw) -> None:
    wires = document.network.graph.wires()
    target = _a_layer(document, draw)
    if wires and target is not None:
        wire = draw(st.sampled_from(wires))
        has_input = bool(document.network.graph[target].inputs)
        editing.reroute(document, wire, Wire(wire.source, target) if has_input else None)


def _move(document: Document, draw: Draw) -> None:
    if (name := _a_layer(document, draw)) is not None:
        editing.move(document, {name: draw(_PLACES)}, gesture=draw(st.sampled_from([None, "drag"])))


def _rename(document: Document, draw: Draw) -> None:
    if (name := _a_layer(document, draw)) is not None:
        with contextlib.suppress(NetworkError):
            editing.rename(document, name, draw(st.sampled_from(["a", "b", "畳み込み", "not a name"])))


def _set_field(document: Document, draw: Draw) -> None:
    if (name := _a_layer(document, draw)) is None:
        return
    layer = document.network.graph[name]
    if isinstance(getattr(layer, "outputs", None), int):  # a pool has a pair of them
        editing.set_fields(document, name, {"outputs": draw(st.integers(1, 99))}, gesture=(name, "outputs"))
    elif "stride" in layer.specs():
        editing.set_fields(document, name, {"stride": draw(st.sampled_from([(1, 1), (2, 2), (3, 1)]))})


def _set_training(document: Document, draw: Draw) -> None:
    settings = replace(document.network.training, epochs=draw(st.integers(1, 99)))
    editing.set_training(document, settings, gesture=draw(st.sampled_from([None, "epochs"])))


def _remove_and_heal(document: Document, draw: Draw) -> None:
    if names := list(document.network.graph):
        doomed = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3))
        splicing.remove_and_heal(document, doomed, (), document.network.comments)


def _insert(document: Document, draw: Draw) -> None:
    wires = [wire for wire in document.network.graph.wires() if splicing.kinds_between(document, wire)]
    if wires:
        wire = draw(st.sampled_from(wires))
        kind = draw(st.sampled_from([kind.kind for kind in splicing.kinds_between(document, wire)]))
        splicing.insert(document, kind, wire, draw(_PLACES))


def _copy_and_paste(document: Document, draw: Draw) -> None:
    names = list(document.network.graph)
    if names and len(names) < 40:
        chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3))
        part = clipboard.read(clipboard.copy(document.network, chosen, document.network.comments))
        assert part is not None
        clipboard.paste(document, part, draw(st.sampled_from([None, (40.0, 80.0)])))


def _switch(document: Document, draw: Draw) -> None:
    if (name := _a_layer(document, draw)) is not None:
        draw(st.sampled_from([switching.toggle_muted, switching.toggle_frozen]))(document, [name])


def _comment(document: Document, draw: Draw) -> None:
    name = draw(st.sampled_from([*document.network.comments, None]))
    if name is None:
        layer = _a_layer(document, draw)
        commenting.add(document, "why", draw(_PLACES), [layer] if layer else [])
    else:
        commenting.write(document, name, draw(st.sampled_from(["so", "", "行\n行"])))
        commenting.move(document, {name: draw(_PLACES)}, {})


def _arrange(document: Document, draw: Draw) -> None:
    names = list(document.network.graph)
    if len(names) > 1:
        chosen = draw(st.lists(st.sampled_from(names), min_size=2, max_size=4, unique=True))
        draw(st.sampled_from([arranging.align, arranging.distribute]))(document, chosen, draw(_AXES))
        arranging.nudge(document, chosen, (8, 0))


def _go_to(document: Document, draw: Draw) -> None:
    document.go_to(draw(st.integers(0, len(document.undo_stack.titles))))


_AXES = st.sampled_from(["x", "y"])

_EDITS = (
    _add,
    _append,
    _remove,
    _connect,
    _reroute,
    _move,
    _rename,
    _set_field,
    _set_training,
    _remove_and_heal,
    _insert,
    _copy_and_paste,
    _switch,
    _comment,
    _arrange,
    _go_to,
    lambda document, _: editing.lay_out(document),
    lambda document, _: document.undo(),
    lambda document, _: document.redo(),
)
