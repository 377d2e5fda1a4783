"""The changes that a person can make to a network, each with its exact inverse.

An edit is a value. ``apply`` carries it out, ``inverse`` is the edit that takes it back, so that undoing
everything gives the starting file byte for byte. Every layer has a position.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from engine.graph.comment import Comment
from engine.graph.layer_graph import Wire
from engine.graph.network_file import NetworkFile
from engine.graph.settings import DataSettings, TrainingSettings
from engine.graph.split import Split
from engine.graph.weight_sources import rename_sources
from engine.layers.base import Layer

Position = tuple[float, float]


@dataclass(frozen=True)
class Title:
    """What an edit is called in menus: an English source text and what it is formed with."""

    template: str
    fields: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(**self.fields)


class Edit:
    """A change of a network."""

    def apply(self, network: NetworkFile) -> None:
        """Carry the change out."""
        raise NotImplementedError

    @property
    def inverse(self) -> Edit:
        """The change that takes this one back."""
        raise NotImplementedError

    @property
    def is_empty(self) -> bool:
        """Whether the change changes nothing."""
        return False

    def then(self, later: Edit) -> Edit:
        """Return this change and a later one of the same gesture as one."""
        return Several((self, later))


@dataclass(frozen=True)
class Several(Edit):
    """Changes that are one step."""

    edits: tuple[Edit, ...]

    def apply(self, network: NetworkFile) -> None:
        for edit in self.edits:
            edit.apply(network)

    @property
    def inverse(self) -> Edit:
        return Several(tuple(edit.inverse for edit in reversed(self.edits)))

    @property
    def is_empty(self) -> bool:
        return all(edit.is_empty for edit in self.edits)

    def then(self, later: Edit) -> Edit:
        if isinstance(later, Several) and len(later.edits) == len(self.edits):
            joined = [one.then(other) for one, other in zip(self.edits, later.edits, strict=True)]
            if not any(isinstance(edit, Several) for edit in joined):
                return Several(tuple(joined))
        return super().then(later)


@dataclass(frozen=True)
class AddLayer(Edit):
    """Add a layer without wires. ``index`` is its place in the file's order."""

    name: str
    layer: Layer
    position: Position
    index: int

    def apply(self, network: NetworkFile) -> None:
        network.graph.add(self.name, self.layer, self.index)
        network.positions[self.name] = self.position

    @property
    def inverse(self) -> Edit:
        return RemoveLayer(self.name, self.layer, self.position, self.index)


@dataclass(frozen=True)
class RemoveLayer(Edit):
    """Remove a layer that has no wires."""

    name: str
    layer: Layer
    position: Position
    index: int

    def apply(self, network: NetworkFile) -> None:
        network.graph.remove(self.name)
        del network.positions[self.name]

    @property
    def inverse(self) -> Edit:
        return AddLayer(self.name, self.layer, self.position, self.index)


@dataclass(frozen=True)
class Connect(Edit):
    """Add a wire into an input that is free."""

    wire: Wire

    def apply(self, network: NetworkFile) -> None:
        network.graph.connect(self.wire)

    @property
    def inverse(self) -> Edit:
        return Disconnect(self.wire)


@dataclass(frozen=True)
class Disconnect(Edit):
    """Remove a wire."""

    wire: Wire

    def apply(self, network: NetworkFile) -> None:
        network.graph.disconnect(self.wire)

    @property
    def inverse(self) -> Edit:
        return Connect(self.wire)


@dataclass(frozen=True)
class SetLayer(Edit):
    """Give a layer other settings."""

    name: str
    before: Layer
    after: Layer

    def apply(self, network: NetworkFile) -> None:
        network.graph.replace(self.name, self.after)

    @property
    def inverse(self) -> Edit:
        return SetLayer(self.name, self.after, self.before)

    @property
    def is_empty(self) -> bool:
        return self.before == self.after

    def then(self, later: Edit) -> Edit:
        if isinstance(later, SetLayer) and later.name == self.name:
            return SetLayer(self.name, self.before, later.after)
        return super().then(later)


@dataclass(frozen=True)
class Rename(Edit):
    """Give a layer another name, in the graph, on the canvas and in the splits."""

    name: str
    new_name: str

    def apply(self, network: NetworkFile) -> None:
        network.graph.rename(self.name, self.new_name)
        rename_sources(network.graph, self.name, self.new_name)
        network.positions[self.new_name] = network.positions.pop(self.name)
        network.splits = tuple(self._renamed(split) for split in network.splits)

    def _renamed(self, split: Split) -> Split:
        layers = tuple(
            (self.new_name if name == self.name else name, placement) for name, placement in split.layers
        )
        return replace(split, layers=layers)

    @property
    def inverse(self) -> Edit:
        return Rename(self.new_name, self.name)

    @property
    def is_empty(self) -> bool:
        return self.name == self.new_name


@dataclass(frozen=True)
class Move(Edit):
    """Put layers elsewhere on the canvas."""

    before: dict[str, Position]
    after: dict[str, Position]

    def apply(self, network: NetworkFile) -> None:
        network.positions.update(self.after)

    @property
    def inverse(self) -> Edit:
        return Move(self.after, self.before)

    @property
    def is_empty(self) -> bool:
        return self.before == self.after

    def then(self, later: Edit) -> Edit:
        if isinstance(later, Move) and later.before.keys() == self.before.keys():
            return Move(self.before, later.after)
        return super().then(later)


@dataclass(frozen=True)
class _SetSection(Edit):
    """Replace a whole section of the file, which is a value."""

    before: Any
    after: Any
    section = ""

    def apply(self, network: NetworkFile) -> None:
        setattr(network, self.section, self.after)

    @property
    def inverse(self) -> Edit:
        return type(self)(self.after, self.before)

    @property
    def is_empty(self) -> bool:
        return bool(self.before == self.after)

    def then(self, later: Edit) -> Edit:
        if isinstance(later, type(self)):
            return type(self)(self.before, later.after)
        return super().then(later)


@dataclass(frozen=True)
class SetTraining(_SetSection):
    """Change how the network is trained."""

    before: TrainingSettings
    after: TrainingSettings
    section = "training"


@dataclass(frozen=True)
class SetData(_SetSection):
    """Change the data settings."""

    before: DataSettings
    after: DataSettings
    section = "data"


@dataclass(frozen=True)
class SetComments(_SetSection):
    """Change what is noted on the canvas."""

    before: dict[str, Comment]
    after: dict[str, Comment]
    section = "comments"


@dataclass(frozen=True)
class SetSplits(_SetSection):
    """Change the splits."""

    before: tuple[Split, ...]
    after: tuple[Split, ...]
    section = "splits"
