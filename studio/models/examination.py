"""What a trained network makes of pictures: one with its maps, and all of a split with their confusions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import msgspec

from engine.errors import ConvNetError
from engine.protocol.examination import (
    Cell,
    Examined,
    ExaminePicture,
    ExamineSplit,
    LayerMaps,
    ShowCell,
    SplitExamined,
    SplitName,
)
from studio.models.observable import Event
from studio.models.run import RunModel


class Examiner(Protocol):
    """Answers requests about pictures."""

    def ask(self, request: msgspec.Struct, then: Callable[[Any], None]) -> None:
        """Send a request; ``then`` is called on the main thread with the answer or a ConvNetError."""

    def cancel(self) -> None:
        """Give up what was asked."""


@dataclass(frozen=True)
class PictureFile:
    """A picture that is none of the data set: what its file is called, and the bytes in it."""

    name: str
    content: bytes


class ExaminationModel:
    """The picture that is looked at, and the results of a split, of the run's newest checkpoint.

    Nothing is asked for unless someone looks (``set_visible``) or asks for results (``measure``). Of several
    wishes for a picture only the newest is sent.
    """

    def __init__(self, examiner: Examiner, run: RunModel) -> None:
        self.picture_changed: Event[[]] = Event()
        self.results_changed: Event[[]] = Event()
        self.cell_changed: Event[[]] = Event()
        self._examiner, self._run = examiner, run
        self.visible = False
        self.split: SplitName = "test"
        self.index = 0
        self._file: PictureFile | None = None
        self._forget()
        run.run_replaced.connect(self._on_run_replaced)
        for event in (run.marks_changed, run.progress_changed):  # checkpoints, and the network
            event.connect(self._on_news)

    def _forget(self) -> None:
        self.examined: Examined | None = None
        self.problem: ConvNetError | None = None
        self.file_name: str | None = None  # of what was examined, where it is no picture of the data set
        self.results: SplitExamined | None = None
        self.results_problem: ConvNetError | None = None
        self.is_measuring = False
        self.cell: Cell | None = None
        self.cell_of: tuple[int, int] | None = None
        self._asked_at: int | None = None  # newest checkpoint when the picture was asked for
        self._in_flight = self._is_stale = self._could_ask = False
        self._generation = object()

    # ---- What is known ----------------------------------------------------------------------------------

    @property
    def can_ask(self) -> bool:
        """Whether there is a checkpoint that can be asked."""
        return self._run.record.run_folder is not None and bool(self._run.record.checkpoints)

    def maps(self, layer: str) -> LayerMaps | None:
        """Return the maps of a layer; None where it has none."""
        layers = self.examined.layers if self.examined is not None else ()
        return next((found for found in layers if found.layer == layer), None)

    # ---- What the person does ---------------------------------------------------------------------------

    def set_visible(self, visible: bool) -> None:
        """Say whether anyone looks at the picture's maps."""
        self.visible = visible
        self._ask_if_due()
        self.picture_changed.emit()

    def show(self, split: SplitName, index: int) -> None:
        """Look at a picture of the data set."""
        self.split, self.index, self._file = split, index, None
        self._ask_anew()

    def show_file(self, content: bytes, name: str) -> None:
        """Look at a picture file."""
        self._file = PictureFile(name, content)
        self._ask_anew()

    def measure(self, split: SplitName) -> None:
        """Ask for the confusions of a split."""
        if self.can_ask and not self.is_measuring:
            self.is_measuring = True
            self.results_problem = None
            self._send(ExamineSplit(self._folder, split), self._on_results)
            self.results_changed.emit()

    def cancel(self) -> None:
        """Give up measuring."""
        self._examiner.cancel()

    def show_cell(self, truth: int, answer: int) -> None:
        """Ask for the pictures of one class that were taken for another."""
        self.cell, self.cell_of = None, (truth, answer)
        self._send(ShowCell(self._folder, truth, answer), self._on_cell)
        self.cell_changed.emit()

    # ---- What happens -----------------------------------------------------------------------------------

    @property
    def _folder(self) -> str:
        return self._run.record.run_folder or ""

    def _on_run_replaced(self) -> None:
        self._forget()
        self.index, self._file = 0, None
        for event in (self.picture_changed, self.results_changed, self.cell_changed):
            event.emit()

    def _on_news(self) -> None:
        if self._could_ask != self.can_ask:
            self._could_ask = self.can_ask
            self.picture_changed.emit()
            self.results_changed.emit()
        self._ask_if_due()

    def _ask_anew(self) -> None:
        self._asked_at = None
        self._ask_if_due()

    def _ask_if_due(self) -> None:
        """Ask for the picture where it, or the newest checkpoint, is another than last time."""
        newest = self._run.record.checkpoints[-1] if self._run.record.checkpoints else None
        if not self.visible or not self.can_ask or newest == self._asked_at:
            return
        if self._in_flight:
            self._is_stale = True
            return
        self._asked_at, self._in_flight = newest, True
        file = self._file
        content, name = (None, None) if file is None else (file.content, file.name)
        request = ExaminePicture(self._folder, self.split, self.index, content)
        self._send(request, partial(self._on_picture, name))

    def _send(self, request: msgspec.Struct, then: Callable[[object], None]) -> None:
        generation = self._generation

        def answered(answer: object) -> None:
            if generation is self._generation:
                then(answer)

        self._examiner.ask(request, answered)

    def _on_picture(self, file_name: str | None, answer: object) -> None:
        self._in_flight, self.file_name = False, file_name
        if isinstance(answer, Examined):
            self.examined, self.problem = answer, None
        elif isinstance(answer, ConvNetError):
            self.examined, self.problem = None, answer  # it might be another picture that was seen before
        if self._is_stale:
            self._is_stale = False
            self._asked_at = None
        self.picture_changed.emit()
        self._ask_if_due()

    def _on_results(self, answer: object) -> None:
        self.is_measuring = False
        if isinstance(answer, SplitExamined):
            self.results = answer
            self.cell, self.cell_of = None, None
            self.cell_changed.emit()
        elif isinstance(answer, ConvNetError):
            self.results_problem = answer
        self.results_changed.emit()

    def _on_cell(self, answer: object) -> None:
        if isinstance(answer, Cell):
            self.cell = answer
        elif isinstance(answer, ConvNetError):
            self.results_problem = answer
            self.results_changed.emit()
        self.cell_changed.emit()
