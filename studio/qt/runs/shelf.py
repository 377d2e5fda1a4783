"""Joins the drawer of runs to the window: opens a run, trains it again, edits a copy of its network."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from engine.errors import ConvNetError
from engine.graph.network_file import SUFFIX, NetworkFile
from engine.protocol.library import RunCard
from studio.models.run import RunModel
from studio.models.runs import RunsModel, title_of
from studio.qt.main_window import MainWindow
from studio.qt.texts import error_text

if TYPE_CHECKING:
    from studio.qt.runs.drawer import RunsDrawer


class RunsShelf(QObject):
    """Makes the drawer when it is first asked for."""

    def __init__(self, window: MainWindow, run: RunModel, runs: RunsModel) -> None:
        super().__init__(window)
        self._window, self._run, self._runs = window, run, runs
        self.drawer: RunsDrawer | None = None
        window.runs_toggled.connect(self.toggle)

    def toggle(self) -> None:
        """Open the drawer, or close it."""
        drawer = self._made()
        drawer.setVisible(drawer.isHidden())

    def _made(self) -> RunsDrawer:
        if self.drawer is None:
            from studio.qt.runs.drawer import RunsDrawer  # with its plot, which takes a while to import

            self.drawer = RunsDrawer(self._runs, self._window.work)
            self.drawer.open_requested.connect(self.open)
            self.drawer.again_requested.connect(self.train_again)
            self.drawer.edit_requested.connect(self.edit)
            self.drawer.shown.connect(self._window.commands["runs"].setChecked)
        return self.drawer

    def open(self, card: RunCard) -> None:
        """Show a run in the training workspace; one that goes on is left to itself."""
        self._run.look_at(card)
        self._show_training()

    def train_again(self, card: RunCard) -> None:
        """Train the network of a run once more."""
        if not self._run.can_train:
            self._window.banner.say(self.tr("A training is under way. Stop it, or wait for its end."))
            self._made().hide()
            return

        def train(network: NetworkFile) -> None:
            self._run.train_network(network, card.name, card.base, card.device)
            self._show_training()

        self._with_network(card, train)

    def edit(self, card: RunCard) -> None:
        """Open a copy of a run's network in the designer."""

        def edit(network: NetworkFile) -> None:
            if self._window.files.may_leave():
                self._window.document.new(network, title_of(card) + SUFFIX)
                self._made().hide()
                self._window.show_workspace("design")

        self._with_network(card, edit)

    def _with_network(self, card: RunCard, then: Callable[[NetworkFile], None]) -> None:
        def answered(answer: NetworkFile | ConvNetError) -> None:
            if isinstance(answer, ConvNetError):
                self._window.banner.say(error_text(answer))
            else:
                then(answer)

        self._runs.network(card, answered)

    def _show_training(self) -> None:
        self._made().hide()
        self._window.show_workspace("training")
