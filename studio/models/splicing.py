"""Putting layers into chains, and taking them out so that the chain stays whole: each is one step of undo."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from engine.graph.layer_graph import LayerGraph, Wire
from engine.graph.mute import can_be_muted
from engine.layers.base import Layer, ShapeRuleError, TensorType
from engine.layers.catalogue import KINDS, LAYERS
from studio.models import editing
from studio.models.connecting import best_wire, number_for, output_content
from studio.models.document import Document
from studio.models.edits import (
    AddLayer,
    Connect,
    Disconnect,
    Edit,
    Move,
    Position,
    SetComments,
    Several,
    Title,
)
from studio.models.layout import snapped
from studio.models.making_room import making_room

# ---- what fits -------------------------------------------------------------------------------------------


def kinds_after(document: Document, source: str) -> list[type[Layer]]:
    """Return the kinds of layers that take what a layer gives."""
    content = output_content(document.network.graph[source])
    flow = document.inspection.outputs.get(source)
    return [
        kind for kind in LAYERS if any(port.content == content for port in kind.inputs) and _takes(kind, flow)
    ]


def kinds_before(document: Document, target: str, slot: int) -> list[type[Layer]]:
    """Return the kinds of layers that give what an input takes."""
    content = document.network.graph[target].inputs[slot].content
    return [kind for kind in LAYERS if output_content(kind()) == content]


def kinds_between(document: Document, wire: Wire) -> list[type[Layer]]:
    """Return the kinds of layers that a wire can be led through."""
    return [
        kind for kind in kinds_after(document, wire.source) if fits_on(document.network.graph, kind(), wire)
    ]


def fits_on(graph: LayerGraph, layer: Layer, wire: Wire) -> bool:
    """Whether a wire that carries values can be led through a layer."""
    return output_content(graph[wire.source]) == "values" and can_be_muted(layer)


def _takes(kind: type[Layer], flow: TensorType | None) -> bool:
    """Whether a layer with its first settings takes a tensor; one of several inputs is not asked."""
    if flow is None or len(kind.inputs) != 1 or kind.inputs[0].least > 1:
        return True
    try:
        kind().output([flow])
    except ShapeRuleError:
        return False
    return True


# ---- putting in ------------------------------------------------------------------------------------------


def add_after(document: Document, kind: str, source: str, position: Position) -> str:
    """Add a layer and lead the output of another into it, where it can be taken; return its name."""
    return _add_connected(document, kind, position, lambda trial, name: best_wire(trial, source, name))


def add_before(document: Document, kind: str, target: str, slot: int, position: Position) -> str:
    """Add a layer and lead its output into an input of another; return its name."""
    return _add_connected(
        document, kind, position, lambda trial, name: Wire(name, target, number_for(trial, target, slot))
    )


def _add_connected(
    document: Document, kind: str, position: Position, wire_of: Callable[[LayerGraph, str], Wire | None]
) -> str:
    graph = document.network.graph
    name, layer = graph.free_name(kind), KINDS[kind]()
    trial = graph.copy()
    trial.add(name, layer)
    wire = wire_of(trial, name)
    edits: list[Edit] = [AddLayer(name, layer, snapped(position), len(graph))]
    if wire is not None:
        before = graph.wire_into(wire.target, wire.port) if wire.target in graph else None
        edits += [Disconnect(before)] if before else []
        edits.append(Connect(wire))
    document.do(Title("Add {name}", {"name": name}), Several(tuple(edits)))
    return name


def insert(document: Document, kind: str, wire: Wire, position: Position) -> str:
    """Add a layer and lead a wire through it; return its name."""
    graph = document.network.graph
    name = graph.free_name(kind)
    place, room = making_room(document.network, wire, position)
    add = AddLayer(name, KINDS[kind](), place, len(graph))
    document.do(Title("Insert {name}", {"name": name}), Several((add, *_through(wire, name), *room)))
    return name


def can_insert(document: Document, name: str, wire: Wire) -> bool:
    """Whether a layer without wires can be put onto a wire."""
    graph = document.network.graph
    is_free = not graph.inputs(name) and not graph.outputs(name)
    return is_free and fits_on(graph, graph[name], wire)


def insert_layer(document: Document, name: str, wire: Wire, position: Position) -> None:
    """Put a layer that has no wires to a place, and lead a wire through it."""
    place, room = making_room(document.network, wire, position, name)
    move = Move({name: document.network.positions[name]}, {name: place})
    document.do(Title("Insert {name}", {"name": name}), Several((move, *_through(wire, name), *room)))


def _through(wire: Wire, name: str) -> tuple[Edit, ...]:
    return Disconnect(wire), Connect(Wire(wire.source, name)), Connect(Wire(name, wire.target, wire.port))


# ---- taking out ------------------------------------------------------------------------------------------


def remove_and_heal(
    document: Document, layers: Iterable[str], wires: Iterable[Wire] = (), comments: Iterable[str] = ()
) -> None:
    """Remove layers, wires and comments; what followed a removed layer follows what came before it."""
    network, doomed, noted = document.network, set(layers), set(comments)
    cut = set(wires)
    edits = list(editing.removal(network, doomed, cut))
    edits += [Connect(wire) for wire in _mends(network.graph, doomed, cut)]
    if noted:
        kept = {name: comment for name, comment in network.comments.items() if name not in noted}
        edits.append(SetComments(network.comments, kept))
    title = editing.title_of_removal(doomed)
    if noted and not doomed and not cut:
        title = Title("Remove comment")
    document.do(title, Several(tuple(edits)))


def _mends(graph: LayerGraph, doomed: set[str], cut: set[Wire]) -> Iterator[Wire]:
    """Yield the wires that join what is left on both sides of the removed layers."""
    for wire in sorted(wire for wire in graph.wires() if wire not in cut):
        if wire.source in doomed and wire.target not in doomed:
            source = _source_before(graph, wire.source, doomed, cut)
            port = graph[wire.target].port(wire.port)
            if source is not None and port is not None and port.content == output_content(graph[source]):
                yield Wire(source, wire.target, wire.port)


def _source_before(graph: LayerGraph, name: str, doomed: set[str], cut: set[Wire]) -> str | None:
    """Return the layer whose values reach a removed one through removed ones, along first inputs."""
    seen: set[str] = set()
    while name in doomed:
        inputs = [wire for wire in graph.inputs(name) if wire not in cut]
        if name in seen or not inputs or not can_be_muted(graph[name]):
            return None
        seen.add(name)
        name = inputs[0].source
    return name
