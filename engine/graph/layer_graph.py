"""The network as a graph: layers by name, wires into numbered inputs."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from engine.layers.base import Layer


@dataclass(frozen=True, order=True)
class Wire:
    """Carries the output of layer ``source`` into input number ``port`` of layer ``target``."""

    source: str
    target: str
    port: int = 0


class LayerGraph:
    """Layers and wires. Holds anything that can be drawn, valid or not.

    An input port holds at most one wire. Layers keep the order in which they were added; it is part of the
    network, since starting weights are numbered in it.
    """

    def __init__(self) -> None:
        self._layers: dict[str, Layer] = {}
        self._out: dict[str, dict[str, dict[int, Wire]]] = {}  # by source, target and port
        self._into: dict[str, dict[int, Wire]] = {}  # by target and port

    def copy(self) -> LayerGraph:
        """Return an independent copy; layers are immutable and shared."""
        twin = LayerGraph()
        twin._set(self._layers, self.wires())
        return twin

    def _set(self, layers: Mapping[str, Layer], wires: Iterable[Wire]) -> None:
        """Hold these layers and wires instead."""
        self._layers = dict(layers)
        self._out = {name: {} for name in layers}
        self._into = {name: {} for name in layers}
        for wire in wires:
            self._put(wire)

    def _put(self, wire: Wire) -> None:
        self._out[wire.source].setdefault(wire.target, {})[wire.port] = wire
        self._into[wire.target][wire.port] = wire

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LayerGraph):
            return NotImplemented
        return list(self._layers.items()) == list(other._layers.items()) and (
            set(self.wires()) == set(other.wires())
        )

    __hash__ = None  # type: ignore[assignment]

    def __contains__(self, name: str) -> bool:
        return name in self._layers

    def __len__(self) -> int:
        return len(self._layers)

    def __iter__(self) -> Iterator[str]:
        return iter(self._layers)

    def __getitem__(self, name: str) -> Layer:
        return self._layers[name]

    def layers(self) -> dict[str, Layer]:
        """Return all layers by name."""
        return dict(self._layers)

    def wires(self) -> list[Wire]:
        """Return all wires, those out of one layer after the other."""
        return [wire for name in self._layers for wire in self.outputs(name)]

    def inputs(self, name: str) -> list[Wire]:
        """Return the wires into a layer, in the order of its ports."""
        return [wire for _, wire in sorted(self._into.get(name, {}).items())]

    def outputs(self, name: str) -> list[Wire]:
        """Return the wires out of a layer, those to one layer after the other."""
        return [wire for ports in self._out.get(name, {}).values() for wire in ports.values()]

    def wire_into(self, name: str, port: int) -> Wire | None:
        """Return the wire into an input, if there is one."""
        return self._into.get(name, {}).get(port)

    def ancestors(self, name: str) -> set[str]:
        """Return the names of all layers that a layer depends on, other than itself."""
        return self._before(name) - {name}

    def _before(self, name: str) -> set[str]:
        """Return the layers from which ways lead to a layer; itself too, if it is in a circle."""
        return _reached(name, lambda name: {wire.source for wire in self._into.get(name, {}).values()})

    def cycles(self) -> list[list[str]]:
        """Return a circle of layers for each group of layers that feed each other, or one that feeds itself.

        Each begins with its layer that was added first.
        """
        circles = []
        seen = set(self.order())
        for name in self._layers:
            if name not in seen:
                after = _reached(name, self._out.__getitem__)
                group = after & self._before(name) if name in after else set()
                if len(group) > 1:
                    circles.append(self._circle(name, group))
                seen |= group
        circles += [[name] for name, targets in self._out.items() if name in targets]
        rank = {name: index for index, name in enumerate(self._layers)}
        return sorted(circles, key=lambda circle: rank[circle[0]])

    def _circle(self, first: str, group: set[str]) -> list[str]:
        """Return a shortest way from a layer back to it, through a ``group`` of layers that it feeds."""
        ways = {first: [first]}  # by where they lead
        waiting = deque([first])
        while True:
            name = waiting.popleft()
            if name != first and first in self._out[name]:
                return ways[name]
            for target in self._out[name]:
                if target in group and target not in ways:
                    ways[target] = [*ways[name], target]
                    waiting.append(target)

    def order(self) -> list[str]:
        """Return the names so that each layer comes after its inputs; else in the order they were added.

        Layers of a circle, and those that a circle feeds, are left out.
        """
        rank = {name: index for index, name in enumerate(self._layers)}
        waiting_for = {name: len(wires) for name, wires in self._into.items()}
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
        if name in self._layers:
            raise KeyError(name)
        if index is None:
            self._layers[name] = layer
            self._out[name], self._into[name] = {}, {}
        else:
            layers = list(self._layers.items())
            layers.insert(index, (name, layer))
            self._set(dict(layers), self.wires())

    def replace(self, name: str, layer: Layer) -> None:
        """Give a layer other settings; its wires stay. Raises KeyError where there is none of this name."""
        if name not in self._layers:
            raise KeyError(name)
        self._layers[name] = layer

    def rename(self, name: str, new_name: str) -> None:
        """Give a layer another name; its place in the order stays.

        Raises KeyError where there is no such layer, or the new name is taken.
        """
        if name not in self._layers:
            raise KeyError(name)
        if new_name in self._layers and new_name != name:
            raise KeyError(new_name)
        names = {other: other for other in self._layers} | {name: new_name}
        wires = [Wire(names[wire.source], names[wire.target], wire.port) for wire in self.wires()]
        self._set({names[other]: layer for other, layer in self._layers.items()}, wires)

    def remove(self, name: str) -> None:
        """Remove a layer and its wires; raises KeyError where there is none of this name."""
        if name not in self._layers:
            raise KeyError(name)
        layers = {other: layer for other, layer in self._layers.items() if other != name}
        self._set(layers, [wire for wire in self.wires() if name not in (wire.source, wire.target)])

    def connect(self, wire: Wire) -> None:
        """Add a wire; raises KeyError where a layer is not there or the input is not free."""
        if wire.source not in self or wire.target not in self or self.wire_into(wire.target, wire.port):
            raise KeyError(wire)
        self._put(wire)

    def disconnect(self, wire: Wire) -> None:
        """Remove a wire; raises KeyError where it is not there."""
        if self.wire_into(wire.target, wire.port) != wire:
            raise KeyError(wire)
        del self._into[wire.target][wire.port]
        targets = self._out[wire.source]
        del targets[wire.target][wire.port]
        if not targets[wire.target]:
            del targets[wire.target]

    def free_name(self, stem: str) -> str:
        """Return ``stem`` with the lowest number that makes a name which is not taken."""
        number = 1
        while f"{stem}{number}" in self._layers:
            number += 1
        return f"{stem}{number}"


def _reached(name: str, neighbours: Callable[[str], Iterable[str]]) -> set[str]:
    """Return what a way of one step or more leads to."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = set(neighbours(waiting.pop())) - found
        found |= new
        waiting += new
    return found


LONGEST_NAME = 64


def is_layer_name(name: object) -> bool:
    """Whether ``name`` may name a layer: letters and marks of any script, digits, "_" and "-", at most 64."""
    return (
        isinstance(name, str)
        and 0 < len(name) <= LONGEST_NAME
        and f"_{name.replace('-', '_')}".isidentifier()
    )
