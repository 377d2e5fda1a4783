"""The network that is open: what it holds, where it is kept, what is wrong with it, and its undo steps."""

from __future__ import annotations

from pathlib import Path

from engine.errors import ConvNetError, FileWriteError, NewerVersionError
from engine.graph import network_file
from engine.graph.data_fit import BUILT_IN, DataFacts, data_problems
from engine.graph.network_file import NetworkFile
from engine.graph.settings import DataSettings
from engine.graph.validate import Inspection, inspect_network
from engine.layers.base import Cost
from engine.plan.analysis.cost import layer_costs
from studio.models.edits import Edit, Rename, Several, Title
from studio.models.layout import place_new
from studio.models.observable import Event
from studio.models.undo import Step, UndoStack


class Document:
    """A network with its file, its inspection and its undo steps.

    ``changed`` is emitted after every change of the network, ``file_changed`` after another network was
    opened or this one saved, ``renamed`` (old name, new name) before the ``changed`` of a renaming.
    """

    def __init__(self) -> None:
        self.changed: Event[[]] = Event()
        self.file_changed: Event[[]] = Event()
        self.renamed: Event[[str, str]] = Event()
        self.network = NetworkFile()
        self.path: Path | None = None
        self.suggested_name = ""
        self.undo_stack = UndoStack()
        self._seen: tuple[DataSettings, DataFacts] | None = None
        self.inspection = Inspection()
        self._costs: dict[str, Cost] | None = None
        self._inspect()

    @property
    def data_facts(self) -> DataFacts | None:
        """What is known of the data set that the network names; None before somebody looked at it."""
        settings = self.network.data
        if settings.source in BUILT_IN:
            return BUILT_IN[settings.source]
        return self._seen[1] if self._seen is not None and self._seen[0] == settings else None

    def see_data(self, settings: DataSettings, facts: DataFacts | None) -> None:
        """Take note of what is in the data set that ``settings`` name: what does not fit is a problem."""
        self._seen = None if facts is None else (settings, facts)
        self._inspect()
        self.changed.emit()

    @property
    def dirty(self) -> bool:
        """Whether there are changes that are not saved."""
        return not self.undo_stack.is_clean

    @property
    def name(self) -> str:
        """The file's name; else the suggested one, which is "" for an empty network."""
        return self.path.name if self.path else self.suggested_name

    def base_folder(self) -> Path:
        """Return the folder that relative data paths of the network start from."""
        return self.path.parent if self.path else Path.cwd()

    def costs(self) -> dict[str, Cost]:
        """Return what each layer costs whose inputs are known and fit."""
        if self._costs is None:
            self._costs = layer_costs(self.network.graph, self.inspection)
        return self._costs

    # ---- the file ----------------------------------------------------------------------------------------

    def new(self, network: NetworkFile | None = None, name: str = "") -> None:
        """Start with a network that no file holds yet; ``name`` is what its file may be called."""
        self._show(network or NetworkFile(), None, name)

    def open(self, path: Path) -> None:
        """Open a network file. Raises what ``network_file.load`` raises; the open network then stays."""
        self._show(network_file.load(path), path, "")

    def recover(self, network: NetworkFile, path: Path | None, name: str) -> None:
        """Show a network that was left unsaved: it is still to be saved, to its file if it has one."""
        self._show(network, path, name)
        self.undo_stack.mark_dirty()
        self.file_changed.emit()
        self.changed.emit()

    def save(self, path: Path) -> None:
        """Write the network to ``path``, which is its file from now on.

        Raises NewerVersionError where a file of a later version is there, which is left alone, and
        FileWriteError where the file cannot be written; the old file is then unharmed.
        """
        if path.exists():
            _refuse_newer(path)
        try:
            network_file.save(self.network, path)
        except OSError as error:
            raise FileWriteError(path=str(path), reason=error.strerror or str(error)) from error
        self.path = path
        self.undo_stack.mark_clean()
        self.file_changed.emit()

    def _show(self, network: NetworkFile, path: Path | None, name: str) -> None:
        place_new(network)
        self.network, self.path, self.suggested_name = network, path, name
        self.undo_stack = UndoStack()
        self._inspect()
        self.file_changed.emit()
        self.changed.emit()

    def take_steps(self, stack: UndoStack) -> None:
        """Take the steps that led to this network in another studio; their mark tells what is saved."""
        self.undo_stack = stack
        self.file_changed.emit()
        self.changed.emit()

    # ---- changes -----------------------------------------------------------------------------------------

    def do(self, title: Title, edit: Edit, gesture: object = None) -> None:
        """Carry an edit out as a step of undo; edits of one gesture (any value but None) are one step."""
        if not edit.is_empty:
            self.undo_stack.do(Step(title, edit, gesture), self.network)
            self._after(edit)

    def undo(self) -> None:
        """Take the last step back, if there is one."""
        if self.undo_stack.undo_title:
            self._after(self.undo_stack.undo(self.network))

    def redo(self) -> None:
        """Take again what was taken back last, if there is anything."""
        if self.undo_stack.redo_title:
            self._after(self.undo_stack.redo(self.network))

    def go_to(self, done: int) -> None:
        """Take steps back, or again, until so many of them count."""
        stack = self.undo_stack
        done = min(max(done, 0), len(stack.titles))
        edits = []
        while stack.done != done:
            edits.append(stack.undo(self.network) if stack.done > done else stack.redo(self.network))
        if edits:
            self._after(Several(tuple(edits)))

    def _inspect(self) -> None:
        graph, facts = self.network.graph, self.data_facts
        found = inspect_network(graph)
        misfits = (
            () if facts is None else data_problems(graph, found.outputs, facts, self.network.data.border)
        )
        self.inspection = Inspection(found.outputs, (*found.problems, *misfits))
        self._costs = None

    def _after(self, edit: Edit) -> None:
        self._inspect()
        for rename in _renames(edit):
            self.renamed.emit(rename.name, rename.new_name)
        self.changed.emit()


def _renames(edit: Edit) -> list[Rename]:
    if isinstance(edit, Several):
        return [rename for part in edit.edits for rename in _renames(part)]
    return [edit] if isinstance(edit, Rename) else []


def _refuse_newer(path: Path) -> None:
    try:
        network_file.load(path)
    except NewerVersionError:
        raise
    except ConvNetError:
        return  # not a network that can be read: the person chose to write over it
