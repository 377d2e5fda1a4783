"""Texts of the engine, taken apart so that they can be translated, and put together in Japanese."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NUMBER = re.compile(r"-?\d[\d.,×]*(?<![.,])(?: × \d+)*|\d")


def template_of(text: str) -> tuple[str, list[str]]:
    """Return a text with {0}, {1}, … for its numbers and shapes, and those numbers.

    Braces that are in the text already stay, as in the templates of errors; such a text has no numbers.
    """
    if "{" in text:
        return text, []
    numbers: list[str] = []

    def taken(match: re.Match[str]) -> str:
        numbers.append(match[0])
        return f"{{{len(numbers) - 1}}}"

    return _NUMBER.sub(taken, text), numbers


_JAPANESE = "[\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]"


def closed_up(template: str, fields: Mapping[str, object]) -> str:
    """Return a template without the spaces between Japanese words and {fields} that are Japanese as well.

    They are meant for names and figures.
    """
    for name, value in fields.items():
        place = rf"{{{re.escape(name)}(?!\w)[^}}]*}}"
        if re.match(_JAPANESE, str(value)[:1]):
            template = re.sub(rf"(?<={_JAPANESE}) (?={place})", "", template)
        if re.match(_JAPANESE, str(value)[-1:]):
            template = re.sub(rf"({place}) (?={_JAPANESE})", r"\1", template)
    return template
