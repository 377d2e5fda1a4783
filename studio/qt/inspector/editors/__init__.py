"""An editor for each kind of field: it shows a value, and says what was typed once that is a value."""

from __future__ import annotations

from engine.layers.fields import (
    ChoiceSpec,
    FieldSpec,
    FlagSpec,
    PairSpec,
    RealListSpec,
    RealSpec,
    TextSpec,
    WholeListSpec,
    WholeSpec,
)
from engine.layers.neuron import NeuronSpec
from studio.qt.inspector.editors.base import EDITOR_HEIGHT, FieldEditor
from studio.qt.inspector.editors.choices import ChoiceEditor, FlagEditor, NeuronEditor
from studio.qt.inspector.editors.lines import RealEditor, RealListEditor, TextEditor, WholeListEditor
from studio.qt.inspector.editors.numbers import PairEditor, WholeEditor

__all__ = ["EDITOR_HEIGHT", "FieldEditor", "RealEditor", "editor_for"]

_EDITORS: dict[type[FieldSpec], type[FieldEditor]] = {
    WholeSpec: WholeEditor,
    PairSpec: PairEditor,
    RealSpec: RealEditor,
    FlagSpec: FlagEditor,
    ChoiceSpec: ChoiceEditor,
    NeuronSpec: NeuronEditor,
    RealListSpec: RealListEditor,
    TextSpec: TextEditor,
    WholeListSpec: WholeListEditor,
}


def editor_for(spec: FieldSpec) -> FieldEditor:
    """Return a new editor for a field."""
    return _EDITORS[type(spec)](spec)
