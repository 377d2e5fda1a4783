"""The network as a graph: layers by name, wires into numbered inputs."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import networkx as nx

from engine.layers.base import Layer


@dataclass(frozen=True, order=True)
class Wire:
    """Carries the output of layer ``source`` into input number ``port`` of layer ``target``."""

    source: str
    target: str
    port: int = 0


class LayerGraph:
    """Layers and wires, over a networkx multigraph. Holds anything that can be drawn, valid or not.

    An input port holds at most one wire. Layers keep the order in which they were added; it is part of the
    network, since starting weights are numbered in it.
    """

    def __init__(self) -> None:
        self._graph = nx.MultiDiGraph()
        # What was asked for since a layer or a wire last came or went; a change of settings leaves it.
        self._inputs: dict[str, list[Wire]] = {}
        self._outputs: dict[str, list[Wire]] = {}
        self._order: list[str] = []

    def copy(self) -> LayerGraph:
        """Return an independent copy; layers are immutable and shared."""
        twin = LayerGraph()
        twin._graph = self._graph.copy()
        return twin

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LayerGraph):
            return NotImplemented
        return list(self.layers().items()) == list(other.layers().items()) and (
            set(self.wires()) == set(other.wires())
        )

    __hash__ = None  # type: ignore[assignment]

    def __contains__(self, name: str) -> bool:
        return name in self._graph

    def __len__(self) -> int:
        return len(self._graph)

    def __iter__(self) -> Iterator[str]:
        return iter(self._graph)

    def __getitem__(self, name: str) -> Layer:
        layer: Layer = self._graph.nodes[name]["layer"]
        return layer

    def layers(self) -> dict[str, Layer]:
        """Return all layers by name."""
        return dict(self._graph.nodes(data="layer"))

    def wires(self) -> list[Wire]:
        """Return all wires."""
        return [Wire(*edge) for edge in self._graph.edges(keys=True)]

    def inputs(self, name: str) -> list[Wire]:
        """Return the wires into a layer, in the order of its ports."""
        if name not in self._inputs:
            wires = (Wire(*edge) for edge in self._graph.in_edges(name, keys=True))
            self._inputs[name] = sorted(wires, key=lambda wire: wire.port)
        return list(self._inputs[name])

    def outputs(self, name: str) -> list[Wire]:
        """Return the wires out of a layer."""
        if name not in self._outputs:
            self._outputs[name] = [Wire(*edge) for edge in self._graph.out_edges(name, keys=True)]
        return list(self._outputs[name])

    def wire_into(self, name: str, port: int) -> Wire | None:
        """Return the wire into an input, if there is one."""
        return next((wire for wire in self.inputs(name) if wire.port == port), None)

    def ancestors(self, name: str) -> set[str]:
        """Return the names of all layers that a layer depends on."""
        found: set[str] = nx.ancestors(self._graph, name)
        return found

    def cycles(self) -> list[list[str]]:
        """Return a circle of layers for each group of layers that feed each other, or one that feeds itself.

        Each begins with its layer that was added first.
        """
        groups = [group for group in nx.strongly_connected_components(self._graph) if len(group) > 1]
        circles = [self._circle(group) for group in groups]
        circles += [[name] for name in self._graph if self._graph.has_edge(name, name)]
        rank = {name: index for index, name in enumerate(self._graph)}
        return sorted(circles, key=lambda circle: rank[circle[0]])

    def _circle(self, group: set[str]) -> list[str]:
        """Return a circle in a ``group`` of layers that feed each other, from its first layer on."""
        wires = nx.DiGraph()
        wires.add_nodes_from(name for name in self._graph if name in group)
        wires.add_edges_from(
            (wire.source, wire.target)
            for wire in self.wires()
            if wire.source != wire.target and {wire.source, wire.target} <= group
        )
        first = next(iter(wires))
        way_back = min((nx.shortest_path(wires, after, first) for after in wires[first]), key=len)
        return [first, *way_back[:-1]]

    def order(self) -> list[str]:
        """Return the names so that each layer comes after its inputs; else in the order they were added.

        Layers of a circle, and those that a circle feeds, are left out.
        """
        if not self._order:
            self._order = self._find_order()
        return list(self._order)

    def _find_order(self) -> list[str]:
        rank = {name: index for index, name in enumerate(self._graph)}
        waiting_for = dict(self._graph.in_degree())
        ready = [(rank[name], name) for name, count in waiting_for.items() if count == 0]
        heapq.heapify(ready)
        order = []
        while ready:
            _, name = heapq.heappop(ready)
            order.append(name)
            for wire in self.outputs(name):
                waiting_for[wire.target] -= 1
                if waiting_for[wire.target] == 0:
                    heapq.heappush(ready, (rank[wire.target], wire.target))
        return order

    def add(self, name: str, layer: Layer, index: int | None = None) -> None:
        """Add a layer at place ``index`` of the order, or at its end; raises KeyError for a taken name."""
        if name in self._graph:
            raise KeyError(name)
        self._forget()
        self._graph.add_node(name, layer=layer)
        if index is not None:
            names = [other for other in self._graph if other != name]
            names.insert(index, name)
            graph = nx.MultiDiGraph()
            graph.add_nodes_from((name, self._graph.nodes[name]) for name in names)
            graph.add_edges_from(self._graph.edges(keys=True))
            self._graph = graph

    def replace(self, name: str, layer: Layer) -> None:
        """Give a layer other settings; its wires stay. Raises KeyError where there is none of this name."""
        if name not in self._graph:
            raise KeyError(name)
        self._graph.nodes[name]["layer"] = layer

    def rename(self, name: str, new_name: str) -> None:
        """Give a layer another name; its place in the order stays.

        Raises KeyError where there is no such layer, or the new name is taken.
        """
        if name not in self._graph:
            raise KeyError(name)
        if new_name in self._graph and new_name != name:
            raise KeyError(new_name)
        self._forget()
        self._graph = nx.relabel_nodes(self._graph, {name: new_name}, copy=True)

    def remove(self, name: str) -> None:
        """Remove a layer and its wires; raises KeyError where there is none of this name."""
        if name not in self._graph:
            raise KeyError(name)
        self._forget()
        self._graph.remove_node(name)

    def connect(self, wire: Wire) -> None:
        """Add a wire; raises KeyError where a layer is not there or the input is not free."""
        if wire.source not in self or wire.target not in self or self.wire_into(wire.target, wire.port):
            raise KeyError(wire)
        self._forget()
        self._graph.add_edge(wire.source, wire.target, key=wire.port)

    def disconnect(self, wire: Wire) -> None:
        """Remove a wire; raises KeyError where it is not there."""
        if not self._graph.has_edge(wire.source, wire.target, key=wire.port):
            raise KeyError(wire)
        self._forget()
        self._graph.remove_edge(wire.source, wire.target, key=wire.port)

    def _forget(self) -> None:
        self._inputs.clear()
        self._outputs.clear()
        self._order = []

    def free_name(self, stem: str) -> str:
        """Return ``stem`` with the lowest number that makes a name which is not taken."""
        number = 1
        while f"{stem}{number}" in self._graph:
            number += 1
        return f"{stem}{number}"


LONGEST_NAME = 64


def is_layer_name(name: object) -> bool:
    """Whether ``name`` may name a layer: letters and marks of any script, digits, "_" and "-", at most 64."""
    return (
        isinstance(name, str)
        and 0 < len(name) <= LONGEST_NAME
        and f"_{name.replace('-', '_')}".isidentifier()
    )
