"""The runs of this machine: found, named, compared, thrown away."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Protocol

import msgspec

from engine.curves import unpack
from engine.errors import ConvNetError
from engine.graph.network_file import NetworkFile, loads
from engine.protocol.library import ChangeRun, EmptyTrash, ListRuns, ReadRun, RunCard, RunFigures, Runs
from engine.protocol.messages import Edited
from studio.models.metrics import Metrics
from studio.models.observable import Event

MOST_COMPARED = 8
"""Runs that are told apart on one plot."""


class Library(Protocol):
    """Answers requests about runs."""

    def ask(self, request: msgspec.Struct, then: Callable[[Any], None]) -> None:
        """Send a request; ``then`` is called on the main thread with the answer or a ConvNetError."""


@dataclass(frozen=True)
class Compared:
    """The network, the edits of its settings and the figures of a run that is compared with others."""

    network: NetworkFile
    edits: tuple[Edited, ...]
    metrics: Metrics


class RunsModel:
    """The cards of the runs that match ``query``, and those that are compared.

    Nothing is asked for before ``refresh``.
    """

    def __init__(self, library: Library) -> None:
        self.changed: Event[[]] = Event()
        self.compared_changed: Event[[]] = Event()
        self.refused: Event[[ConvNetError]] = Event()
        self.cards: list[RunCard] = []
        self.is_listed = False
        self.query = ""
        self.shows_trash = False
        self.compared: list[str] = []
        self._figures: dict[str, Compared] = {}
        self._library = library

    # ---- What there is ----------------------------------------------------------------------------------

    @property
    def found(self) -> list[RunCard]:
        """The cards that match all words of the query, in the trash or out of it."""
        words = self.query.casefold().split()
        return [
            card
            for card in self.cards
            if card.in_trash == self.shows_trash and all(word in _searched(card) for word in words)
        ]

    @property
    def trash_count(self) -> int:
        """How many runs are in the trash."""
        return sum(card.in_trash for card in self.cards)

    @property
    def open_in_trash(self) -> int:
        """How many of these an engine holds, which therefore stay."""
        return sum(card.in_trash and card.connection is not None for card in self.cards)

    def card(self, run_folder: str) -> RunCard | None:
        """Return the card of a run, if it is listed."""
        return next((card for card in self.cards if card.run_folder == run_folder), None)

    def figures(self) -> dict[str, Compared]:
        """Return what is compared, by run folder, as far as it is known yet."""
        return {folder: self._figures[folder] for folder in self.compared if folder in self._figures}

    # ---- What the person does ---------------------------------------------------------------------------

    def refresh(self) -> None:
        """Ask for the list, and again for the figures of runs that go on."""
        self._library.ask(ListRuns(), self._on_listed)

    def search(self, query: str) -> None:
        """Show the runs that match all words of a text: in name, title, tags, state, device."""
        self.query = query
        self.changed.emit()

    def show_trash(self, on: bool) -> None:
        """Show the runs in the trash instead of the others."""
        self.shows_trash = on
        self.changed.emit()

    def rename(self, card: RunCard, title: str) -> None:
        """Name a run; "" gives it the name of its network again."""
        self._change(msgspec.structs.replace(card, title=title.strip()[:200]))

    def tag(self, card: RunCard, text: str) -> None:
        """Give a run the tags in a text, parted by commas or spaces, in place of those that it has."""
        tags = tuple(dict.fromkeys(tag[:40] for tag in text.replace(",", " ").split()))
        self._change(msgspec.structs.replace(card, tags=tags))

    def throw_away(self, card: RunCard, in_trash: bool = True) -> None:
        """Put a run into the trash, or take it out."""
        if card.run_folder in self.compared:
            self.compare(card.run_folder, False)
        self._change(msgspec.structs.replace(card, in_trash=in_trash))

    def empty_trash(self) -> None:
        """Remove the runs in the trash for good, but for those that are open."""
        self._library.ask(EmptyTrash(), self._on_changed)

    def compare(self, run_folder: str, on: bool) -> None:
        """Put a run on the plot of those that are compared, or take it away. The oldest makes room."""
        if on and run_folder not in self.compared:
            self.compared = [*self.compared, run_folder][-MOST_COMPARED:]
            self._read(run_folder)
        elif not on and run_folder in self.compared:
            self.compared.remove(run_folder)
        self.compared_changed.emit()

    def network(self, card: RunCard, then: Callable[[NetworkFile | ConvNetError], None]) -> None:
        """Ask for the network of a run; its data path is made absolute."""

        def answered(answer: object) -> None:
            if isinstance(answer, RunFigures):
                then(_absolute(loads(answer.network), card.base))
            elif isinstance(answer, ConvNetError):
                then(answer)

        self._library.ask(ReadRun(card.run_folder, 1), answered)

    # ---- What is answered -------------------------------------------------------------------------------

    def _change(self, card: RunCard) -> None:
        self.cards = [card if old.run_folder == card.run_folder else old for old in self.cards]
        self.changed.emit()
        request = ChangeRun(card.run_folder, card.title, card.tags, card.in_trash)
        self._library.ask(request, self._on_changed)

    def _on_changed(self, answer: object) -> None:
        if isinstance(answer, ConvNetError):
            self.refused.emit(answer)
        self.refresh()

    def _on_listed(self, answer: object) -> None:
        if isinstance(answer, Runs):
            self.is_listed = True
            self.cards = list(answer.cards)
            known = {card.run_folder for card in self.cards}
            self.compared = [folder for folder in self.compared if folder in known]
            for card in self.cards:
                if card.run_folder in self.compared and card.connection is not None:
                    self._read(card.run_folder)
            self.changed.emit()
            self.compared_changed.emit()
        elif isinstance(answer, ConvNetError):
            self.refused.emit(answer)

    def _read(self, run_folder: str) -> None:
        self._library.ask(ReadRun(run_folder), self._on_read)

    def _on_read(self, answer: object) -> None:
        if isinstance(answer, RunFigures):
            metrics = Metrics()
            for curve in answer.curves:
                metrics[curve.split].begin(unpack(curve))
            self._figures[answer.run_folder] = Compared(loads(answer.network), answer.edits, metrics)
            self.compared_changed.emit()
        elif isinstance(answer, ConvNetError):
            self.refused.emit(answer)


def _absolute(network: NetworkFile, base: str) -> NetworkFile:
    data = network.data
    if data.source != "path":
        return network
    path = str(PurePath(base) / data.path)
    return dataclasses.replace(network, data=dataclasses.replace(data, path=path))


def title_of(card: RunCard) -> str:
    """Return what a run is called."""
    return card.title or card.name


def _searched(card: RunCard) -> str:
    state = "" if card.state is None else card.state.value
    parts = (card.title, card.name, *card.tags, state, card.device, card.run_folder.rpartition("/")[2])
    return " ".join(parts).casefold()
