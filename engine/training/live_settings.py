"""Settings that may change while a training runs: rates, epochs, when it ends early, what is kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from engine.errors import FieldError
from engine.graph.settings import TrainingSettings
from engine.layers.fields import FieldSpec, FlagSpec, WholeSpec, field_specs
from engine.protocol.messages import Edit, Edited, Setting


class LiveSettings:
    """A network's settings with the edits so far as ``now``; edits of later steps wait for theirs.

    An edit of step n holds for all steps after the n-th, so a resume makes it exactly where it was made.
    """

    def __init__(self, settings: TrainingSettings, edits: Sequence[Edited] = ()) -> None:
        self.now = self._settings = settings
        self._edits = list(edits)
        self._waiting: list[Edited] = []

    def begin_at(self, step: int) -> None:
        """Return to what held at a step: the edits made until then."""
        self.now = self._settings
        self._waiting = self._edits.copy()
        self.advance(step)

    def advance(self, step: int) -> list[Edited]:
        """Make the edits whose step has come, and return them."""
        due = [edit for edit in self._waiting if edit.step <= step]
        if due:
            self._waiting = [edit for edit in self._waiting if edit.step > step]
            for edit in due:
                self.now = _edited(self.now, edit.setting, edit.new)
        return due

    def edit(self, step: int, request: Edit) -> Edited:
        """Change a setting from ``step`` on. One of the same setting that still waits is dropped."""
        made = Edited(step, request.setting, _value(self.now, request.setting), request.value)
        self.now = _edited(self.now, request.setting, request.value)
        self._edits = [*self._without_overtaken(self._edits, made), made]
        self._waiting = self._without_overtaken(self._waiting, made)
        return made

    @staticmethod
    def _without_overtaken(edits: Sequence[Edited], newer: Edited) -> list[Edited]:
        return [edit for edit in edits if edit.setting != newer.setting or edit.step <= newer.step]

    def take_back(self, step: int) -> int:
        """Forget the edits since the checkpoint of a step, as a roll-back wants; return how many there were.

        Those at the very step are among them: a checkpoint is kept right before an edit, so as to undo it.
        """
        kept = [edit for edit in self._edits if edit.step < step]
        taken_back = len(self._edits) - len(kept)
        self._edits = kept
        return taken_back


def check_edit(edit: Edit) -> None:
    """Raise FieldError if a setting cannot have the value."""
    spec = _spec(edit.setting)
    try:
        spec.parse(_typed(spec, edit.value))
    except ValueError as error:
        raise FieldError(
            layer="training", field=edit.setting, expected=spec.expected, found=str(edit.value)
        ) from error


def _spec(setting: Setting) -> FieldSpec:
    owner = type(TrainingSettings().schedule) if setting == "rate" else TrainingSettings
    return field_specs(owner)[setting]


def _typed(spec: FieldSpec, value: float) -> float | int | bool:
    """Return a number as a field takes it, if it can."""
    if isinstance(spec, FlagSpec) and value in (0, 1):
        return bool(value)
    return int(value) if isinstance(spec, WholeSpec) and value.is_integer() else value


def _value(settings: TrainingSettings, setting: Setting) -> float:
    return float(settings.schedule.rate if setting == "rate" else getattr(settings, setting))


def _edited(settings: TrainingSettings, setting: Setting, value: float) -> TrainingSettings:
    if setting == "rate":
        return dataclasses.replace(settings, schedule=dataclasses.replace(settings.schedule, rate=value))
    return dataclasses.replace(settings, **{setting: _typed(_spec(setting), value)})  # type: ignore[arg-type]
