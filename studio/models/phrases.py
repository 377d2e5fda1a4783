"""Texts that the engine forms with numbers in them, taken apart so that they can be translated."""

from __future__ import annotations

import re

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
