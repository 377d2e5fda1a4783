"""Muting and freezing layers: each is one step of undo."""

from __future__ import annotations

from collections.abc import Iterable

from engine.graph.mute import can_be_muted
from studio.models import editing
from studio.models.document import Document


def mutable(document: Document, names: Iterable[str]) -> list[str]:
    """Return those layers that can be muted."""
    return [name for name in names if can_be_muted(document.network.graph[name])]


def freezable(document: Document, names: Iterable[str]) -> list[str]:
    """Return those layers that have weights to be frozen."""
    return [name for name in names if "frozen" in document.network.graph[name].specs()]


def toggle_muted(document: Document, names: Iterable[str]) -> None:
    """Mute layers; where all of them are muted, let them work again."""
    _toggle(document, mutable(document, names), "muted")


def toggle_frozen(document: Document, names: Iterable[str]) -> None:
    """Freeze the weights of layers; where all of them are frozen, let them learn again."""
    _toggle(document, freezable(document, names), "frozen")


def _toggle(document: Document, names: list[str], field: str) -> None:
    graph = document.network.graph
    if names:
        all_on = all(getattr(graph[name], field) for name in names)
        editing.set_fields_of(document, names, {field: not all_on})
