"""Undo and redo: steps of edits, and the mark where the document was last saved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.graph.network_file import NetworkFile
from studio.models.edits import Edit, Title


@dataclass(frozen=True)
class Step:
    """An edit with its name in menus. Edits of one ``gesture`` (any value but None) become one step."""

    title: Title
    edit: Edit
    gesture: object = None


class UndoStack:
    """The steps that were taken, and those that were taken back."""

    def __init__(self, steps: Iterable[Step] = (), done: int = 0, clean: int | None = 0) -> None:
        self._steps = list(steps)
        self._done = done
        self._clean = clean
        self.gesture: object = None
        """The gesture of the step that was taken last; None after any other."""

    @property
    def steps(self) -> list[Step]:
        """All steps, those that were taken back last."""
        return list(self._steps)

    @property
    def titles(self) -> list[Title]:
        """Names of all steps, those that were taken back last."""
        return [step.title for step in self._steps]

    @property
    def done(self) -> int:
        """How many of the steps count."""
        return self._done

    @property
    def clean(self) -> int | None:
        """How many steps counted at the clean mark; None where nothing that undo leads to is saved."""
        return self._clean

    @property
    def undo_title(self) -> Title | None:
        """Name of the step that undo takes back, if there is one."""
        return self._steps[self._done - 1].title if self._done else None

    @property
    def redo_title(self) -> Title | None:
        """Name of the step that redo takes again, if there is one."""
        return self._steps[self._done].title if self._done < len(self._steps) else None

    @property
    def is_clean(self) -> bool:
        """Whether the network is as it was at the clean mark."""
        return self._clean == self._done

    def mark_clean(self) -> None:
        """Set the clean mark here; a gesture does not go on past it."""
        self._clean = self._done

    def mark_dirty(self) -> None:
        """Forget the clean mark: nothing that undo leads to is saved."""
        self._clean = None

    def do(self, step: Step, network: NetworkFile) -> None:
        """Carry a step out. Steps that were taken back are forgotten."""
        step.edit.apply(network)
        self.gesture = step.gesture
        del self._steps[self._done :]
        if self._clean is not None and self._clean > self._done:
            self._clean = None
        if self._goes_on(step):
            self._merge(step)
        else:
            self._steps.append(step)
            self._done += 1

    def undo(self, network: NetworkFile) -> Edit:
        """Take the last step back and return the edit that did it. Raises IndexError where there is none."""
        if not self._done:
            raise IndexError
        self._done -= 1
        self.gesture = None
        edit = self._steps[self._done].edit.inverse
        edit.apply(network)
        return edit

    def redo(self, network: NetworkFile) -> Edit:
        """Take again what was taken back last, and return it. Raises IndexError where there is nothing."""
        edit = self._steps[self._done].edit
        edit.apply(network)
        self.gesture = None
        self._done += 1
        return edit

    def _goes_on(self, step: Step) -> bool:
        """Whether the step goes on with the last one's gesture."""
        return (
            step.gesture is not None
            and self._done > 0
            and self._clean != self._done
            and self._steps[-1].gesture == step.gesture
        )

    def _merge(self, step: Step) -> None:
        last = self._steps.pop()
        edit = last.edit.then(step.edit)
        if edit.is_empty:
            self._done -= 1
        else:
            self._steps.append(Step(last.title, edit, step.gesture))
