"""Values of fields as people read them, in English; the studio translates them."""

from __future__ import annotations

from engine.layers.fields import ChoiceSpec, FieldSpec

YES, NO = "yes", "no"


def field_text(spec: FieldSpec, value: object) -> str:
    """Return what a field holds: the title of a choice, yes or no, a number."""
    if isinstance(spec, ChoiceSpec):
        return dict(spec.choices).get(str(value), str(value))
    return plain_text(value)


def plain_text(value: object) -> str:
    """Return a value that is no choice."""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return ", ".join(map(plain_text, value))
    return "–" if value is None or value == "" else str(value)
