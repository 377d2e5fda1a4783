"""Words that hold names and figures, and can be said in another language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_PLACE = re.compile(r"{(\w+)}")


class Words(str):
    """English text formed from a ``template`` with {names} and their values, its ``fields``.

    It is the English text wherever a text is wanted. The studio translates the template; fields whose names
    stand for words (see studio/qt/texts.py) are translated too.
    """

    __slots__ = ("fields", "template")

    template: str
    fields: dict[str, object]

    def __new__(cls, template: str, /, **fields: object) -> Words:
        """Form the text; figures are to be given as they shall be read."""
        words = super().__new__(cls, fill(template, fields))
        words.template, words.fields = template, fields
        return words

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.template, self.fields)


def fill(template: str, fields: Mapping[str, object]) -> str:
    """Return a template with its {names} replaced, where there is a field of that name."""
    return _PLACE.sub(lambda match: str(fields.get(match[1], match[0])), template)


def listed(parts: Iterable[str]) -> Words:
    """Return several words, divided by semicolons."""
    fields = {f"words{number}": part for number, part in enumerate(parts)}
    return Words("; ".join(f"{{{name}}}" for name in fields), **fields)


def _rebuild(template: str, fields: dict[str, object]) -> Words:
    return Words(template, **fields)


def encodable(text: str) -> str:
    r"""Return a text as UTF-8 can have it.

    A file's name may be no text, as on a disk of another system: bytes that are no letter become \udce9.
    """
    return text.encode("utf-8", "backslashreplace").decode()
