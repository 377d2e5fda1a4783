"""What a person can do to the open network: each function is one step of undo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from engine.errors import DuplicateNameError, FieldError
from engine.graph.data_fit import fitted_layers
from engine.graph.layer_graph import LONGEST_NAME, Wire, is_layer_name
from engine.graph.network_file import NetworkFile
from engine.graph.settings import DataSettings, TrainingSettings
from engine.layers.catalogue import KINDS
from engine.words import Words
from studio.models.connecting import best_wire
from studio.models.document import Document
from studio.models.edits import (
    AddLayer,
    Connect,
    Disconnect,
    Edit,
    Move,
    Position,
    RemoveLayer,
    Rename,
    SetData,
    SetLayer,
    SetSplits,
    SetTraining,
    Several,
    Title,
)
from studio.models.layout import ROW, free_place, snapped
from studio.models.layout import lay_out as places_of


def add_layer(document: Document, kind: str, position: Position) -> str:
    """Add a layer of a kind with its upper left corner near ``position``; return its name."""
    graph = document.network.graph
    name = graph.free_name(kind)
    edit = AddLayer(name, KINDS[kind](), snapped(position), len(graph))
    document.do(Title("Add {name}", {"name": name}), edit)
    return name


def append_layer(document: Document, kind: str, after: str) -> str:
    """Add a layer below another and connect the two where that makes sense; return its name."""
    graph, positions = document.network.graph, document.network.positions
    name, layer = graph.free_name(kind), KINDS[kind]()
    x, y = positions[after]
    add = AddLayer(name, layer, free_place(positions.values(), (x, y + ROW)), len(graph))
    trial = graph.copy()
    trial.add(name, layer)
    wire = best_wire(trial, after, name)
    edit = add if wire is None else Several((add, Connect(wire)))
    document.do(Title("Add {name}", {"name": name}), edit)
    return name


def remove(document: Document, layers: Iterable[str], wires: Iterable[Wire] = ()) -> None:
    """Remove layers with their wires and their places in splits, and single wires."""
    doomed = set(layers)
    document.do(title_of_removal(doomed), Several(removal(document.network, doomed, wires)))


def title_of_removal(doomed: set[str]) -> Title:
    """Return the name of the step that removes these layers, or only wires."""
    return title_for(sorted(doomed), "Remove {name}", "Remove {count} layers", "Remove wire")


def removal(network: NetworkFile, doomed: set[str], wires: Iterable[Wire] = ()) -> tuple[Edit, ...]:
    """Return the edits that remove layers with all that belongs to them, and single wires."""
    cut = {wire for wire in network.graph.wires() if wire.source in doomed or wire.target in doomed} | set(
        wires
    )
    edits: list[Edit] = [Disconnect(wire) for wire in sorted(cut)]
    splits = tuple(
        replace(split, layers=tuple(entry for entry in split.layers if entry[0] not in doomed))
        for split in network.splits
    )
    if splits != network.splits:
        edits.append(SetSplits(network.splits, splits))
    # From the last to the first, so that each index holds when the inverse puts the layer back.
    edits += [
        RemoveLayer(name, network.graph[name], network.positions[name], index)
        for index, name in reversed(list(enumerate(network.graph)))
        if name in doomed
    ]
    return tuple(edits)


def connect(document: Document, wire: Wire) -> None:
    """Connect two layers; a wire that is in that input already gives way."""
    graph = document.network.graph
    before = graph.wire_into(wire.target, wire.port)
    if before == wire:
        return
    gone = () if before is None else (Disconnect(before),)
    title = Title("Connect {source} to {target}", {"source": wire.source, "target": wire.target})
    document.do(title, Several((*gone, Connect(wire))))


def connect_all(document: Document, wires: Iterable[Wire]) -> None:
    """Connect several layers; wires that are in those inputs already give way."""
    graph, edits = document.network.graph, list[Edit]()
    for wire in wires:
        before = graph.wire_into(wire.target, wire.port)
        edits += [Disconnect(before)] if before else []
        edits.append(Connect(wire))
    document.do(Title("Connect layers"), Several(tuple(edits)))


def reroute(document: Document, wire: Wire, new_wire: Wire | None) -> None:
    """Take a wire out of its input and lead it into another, or nowhere."""
    if new_wire is None:
        remove(document, (), (wire,))
    elif new_wire != wire:
        graph = document.network.graph
        gone = {wire, graph.wire_into(new_wire.target, new_wire.port)} - {None}
        edits = [Disconnect(each) for each in gone if each is not None]
        title = Title("Connect {source} to {target}", {"source": wire.source, "target": new_wire.target})
        document.do(title, Several((*edits, Connect(new_wire))))


def move(document: Document, places: Mapping[str, Position], gesture: object = None) -> None:
    """Move layers to the grid's nearest places."""
    before = {name: document.network.positions[name] for name in places}
    after = {name: snapped(place) for name, place in places.items()}
    document.do(title_for(list(places), "Move {name}", "Move {count} layers"), Move(before, after), gesture)


def lay_out(document: Document) -> None:
    """Put all layers in their places by the automatic layout."""
    before = dict(document.network.positions)
    document.do(Title("Lay out"), Move(before, places_of(document.network.graph)))


def rename(document: Document, name: str, new_name: str) -> None:
    """Rename a layer. Raises FieldError or DuplicateNameError where the new name cannot be had."""
    if not is_layer_name(new_name):
        expected = Words('letters, digits, "_" and "-", at most {count} of them', count=LONGEST_NAME)
        raise FieldError(layer=name, field="name", expected=expected, found=f'"{new_name}"')
    if new_name != name and new_name in document.network.graph:
        raise DuplicateNameError(layer=new_name)
    document.do(Title("Rename {name}", {"name": name}), Rename(name, new_name))


def set_fields(document: Document, name: str, values: Mapping[str, Any], gesture: object = None) -> None:
    """Set fields of a layer to values that their specs have parsed."""
    before = document.network.graph[name]
    edit = SetLayer(name, before, replace(before, **values))
    document.do(Title("Change {name}", {"name": name}), edit, gesture)


def set_fields_of(
    document: Document, names: Iterable[str], values: Mapping[str, Any], gesture: object = None
) -> None:
    """Set fields of several layers that all have them."""
    graph = document.network.graph
    edits = tuple(SetLayer(name, graph[name], replace(graph[name], **values)) for name in names)
    title = title_for([edit.name for edit in edits], "Change {name}", "Change {count} layers")
    document.do(title, Several(edits), gesture)


def set_training(document: Document, settings: TrainingSettings, gesture: object = None) -> None:
    """Change how the network is trained."""
    document.do(Title("Change training"), SetTraining(document.network.training, settings), gesture)


def set_data(document: Document, settings: DataSettings, gesture: object = None) -> None:
    """Change the data settings."""
    document.do(Title("Change data"), SetData(document.network.data, settings), gesture)


def fit_to_data(document: Document) -> None:
    """Give the network the input size and the number of classes of its data set, if that is known."""
    facts, graph = document.data_facts, document.network.graph
    if facts is not None:
        changed = fitted_layers(graph, facts, document.network.data.border)
        edits = tuple(SetLayer(name, graph[name], layer) for name, layer in changed.items())
        document.do(Title("Fit to {name}", {"name": facts.name}), Several(edits))


def title_for(names: list[str], one: str, several: str, none: str = "") -> Title:
    """Return the name of a step on one layer, on several, or on none."""
    match names:
        case []:
            return Title(none)
        case [name]:
            return Title(one, {"name": name})
        case _:
            return Title(several, {"count": len(names)})
