"""The steps of undo, written down for another studio: what each was called, and the network after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

from engine.graph.network_file import NetworkFile, dumps, loads
from studio.models.document import Document
from studio.models.edits import Edit, Title
from studio.models.undo import Step, UndoStack

MOST = 100
"""Steps that are kept, of those that count and of those that were taken back: each is a whole network."""


@dataclass(frozen=True)
class Exchange(Edit):
    """Put the network of a file's text in the place of another."""

    before: str
    after: str

    def apply(self, network: NetworkFile) -> None:
        other = loads(self.after, "")
        for field in fields(network):
            setattr(network, field.name, getattr(other, field.name))

    @property
    def inverse(self) -> Edit:
        return Exchange(self.after, self.before)


def write_steps(document: Document) -> dict[str, Any]:
    """Return a document's steps as what JSON can hold."""
    stack = document.undo_stack
    done, clean = stack.done, stack.clean
    first = max(0, done - MOST)
    back, forth = stack.steps[first:done], stack.steps[done : done + MOST]
    now = dumps(document.network)
    before = _networks(now, [step.edit.inverse for step in reversed(back)])
    return {
        "networks": [*reversed(before), now, *_networks(now, [step.edit for step in forth])],
        "titles": [[step.title.template, step.title.fields] for step in (*back, *forth)],
        "done": done - first,
        "clean": None if clean is None or clean < first else clean - first,
    }


def read_steps(kept: dict[str, Any], now: str) -> UndoStack | None:
    """Return the steps again; None where they do not lead to the network ``now``, as a file's text.

    Raises KeyError, ValueError or TypeError for what ``write_steps`` does not write.
    """
    networks, done, clean = kept["networks"], int(kept["done"]), kept["clean"]
    steps = [
        Step(Title(str(template), dict(values)), Exchange(str(before), str(after)))
        for (template, values), (before, after) in zip(kept["titles"], pairwise(networks), strict=True)
    ]
    is_ours = networks[done : done + 1] == [now]
    return UndoStack(steps, done, None if clean is None else int(clean)) if is_ours else None


def _networks(start: str, edits: Iterable[Edit]) -> list[str]:
    """Return the network after each of some edits that follow one another."""
    network, texts = loads(start, ""), []
    for edit in edits:
        edit.apply(network)
        texts.append(dumps(network))
    return texts
