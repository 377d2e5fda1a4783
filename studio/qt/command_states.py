"""Which commands can be done now, and what they would do."""

from __future__ import annotations

from studio.models.document import Document
from studio.models.lens import LensChoice
from studio.models.run import RunModel
from studio.models.selection import Selection
from studio.qt.commands import Commands
from studio.qt.design_commands import DesignCommands
from studio.qt.texts import title_text


class CommandStates:
    """Keeps the commands in step with the network, the selection, the run and the lens."""

    def __init__(
        self,
        commands: Commands,
        design: DesignCommands,
        document: Document,
        selection: Selection,
        run: RunModel,
        *,
        lens: LensChoice,
    ) -> None:
        self._commands, self._design = commands, design
        self._document, self._selection, self._run, self._lens = document, selection, run, lens
        document.changed.connect(self._on_document_changed)
        selection.changed.connect(self._on_selection_changed)
        run.state_changed.connect(self._on_run_changed)
        lens.changed.connect(self._on_lens_changed)
        self._on_document_changed()
        self._on_run_changed()
        self._on_lens_changed()

    def detach(self) -> None:
        """Listen to the models no more; for when the window closes."""
        self._document.changed.disconnect(self._on_document_changed)
        self._selection.changed.disconnect(self._on_selection_changed)
        self._run.state_changed.disconnect(self._on_run_changed)
        self._lens.changed.disconnect(self._on_lens_changed)

    def _on_document_changed(self) -> None:
        stack = self._document.undo_stack
        for name, title in (("undo", stack.undo_title), ("redo", stack.redo_title)):
            words = "" if title is None else title_text(title)
            self._commands.say(name, words)
            self._commands[name].setEnabled(title is not None)
        for name in ("fit_all", "export"):
            self._commands[name].setEnabled(len(self._document.network.graph) > 0)
        self._on_selection_changed()

    def _on_selection_changed(self) -> None:
        for name, is_possible in self._design.enabled().items():
            self._commands[name].setEnabled(is_possible)
        self._commands["fit_selection"].setEnabled(bool(self._selection.layers))

    def _on_run_changed(self) -> None:
        commands, run = self._commands, self._run
        commands["train"].setEnabled(run.can_train)
        commands["pause"].setEnabled(run.can_pause)
        commands["pause"].setVisible(not run.can_resume)
        commands["resume"].setEnabled(run.can_resume)
        commands["resume"].setVisible(run.can_resume)
        commands["stop"].setEnabled(run.can_stop)
        for name in ("checkpoint", "test"):
            commands[name].setEnabled(run.can_checkpoint)

    def _on_lens_changed(self) -> None:
        self._commands[f"lens_{self._lens.lens}"].setChecked(True)
