"""One layer of cuda-convnet: its sections in both files, and what their keys make of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from engine.errors import FileFormatError
from engine.graph.cuda_convnet.kinds import HINTS_OF_SPEED, SPELLINGS, Key, Kind
from engine.graph.cuda_convnet.sections import Section, Text
from engine.graph.cuda_convnet.values import Course, course, parts, real
from engine.layers.fields import field_specs
from engine.words import Words

_Value = TypeVar("_Value")


class Notes:
    """What is to be told of layers: each thing once, with the names of all that it is to be said of."""

    def __init__(self) -> None:
        self._names: dict[str, list[str]] = {}

    def tell(self, name: str, words: str) -> None:
        """Note something of a layer."""
        names = self._names.setdefault(words, [])
        if name not in names:
            names.append(name)

    def lines(self) -> list[Words]:
        """Return a line for each thing."""
        return [
            Words("{names}: {words}", names=", ".join(names), words=words)
            for words, names in self._names.items()
        ]


@dataclass
class Entry:
    """A layer's ``section`` of the layers' file and that of the ``parameters``, None where it has none there.

    Problems are collected in ``problems``; a value that is wrong is replaced by a default, so that all
    problems are found at once.
    """

    section: Section
    parameters: Section | None
    problems: list[FileFormatError]
    inputs: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        return self.section.name

    def problem(self, key: str, expected: str, found: str, hint: str = "") -> None:
        """Note what is wrong with a key, wherever it stands."""
        place = self.parameters if self.parameters and key in self.parameters.keys else self.section
        self.problems.append(place.problem(key, expected, found, hint))

    def find(self, key: str) -> Text | None:
        """Return what stands behind ``key``: in the parameters' file, else in the layers' file."""
        spellings = [key, *(old for old, new in SPELLINGS.items() if new == key)]
        sections = [section for section in (self.parameters, self.section) if section is not None]
        found = [text for section in sections for name in spellings if (text := section.get(name))]
        return found[0] if found else None

    def read(self, key: str, read: Callable[[str], _Value], default: _Value, expected: str) -> _Value:
        """Return the value of a key, or ``default``."""
        text = self.find(key)
        if text is None:
            return default
        try:
            return read(text.text)
        except ValueError:
            self.problem(key, expected, repr(text.text[:60]))
            return default

    def each(self, key: str, read: Callable[[str], _Value], default: _Value, expected: str) -> list[_Value]:
        """Return the value of a key for each input; one value stands for all."""
        count = max(1, len(self.inputs))

        def read_list(text: str) -> list[_Value]:
            values = [read(part) for part in parts(text)]
            if len(values) not in (1, count):
                raise ValueError(text)
            return values * (count // len(values))

        if count > 1:
            expected = Words(
                "{expected}, or {count} of them divided by commas", expected=expected, count=count
            )
        return self.read(key, read_list, [default] * count, expected)

    def fields(self, kind: Kind, number: int) -> dict[str, Any]:
        """Return the values of a layer's fields, for its input ``number`` where inputs have their own."""
        values = dict(kind.fixed)
        for key in kind.keys:
            if self.find(key.name) is None:
                if key.needed:
                    self.problem("", Words("the key {key}", key=key.name), "none")
            elif (value := self._field(kind, key, number)) is not None:
                values[key.field] = value
        return values

    def _field(self, kind: Kind, key: Key, number: int) -> Any:
        spec = field_specs(kind.layer)[key.field]

        def read(text: str) -> Any:
            return spec.parse(key.read(text))

        if key.per_input:
            return self.each(key.name, read, None, spec.expected)[number]
        return self.read(key.name, read, None, spec.expected)

    def courses(self, key: str) -> list[Course]:
        """Return the course of a rate for each input."""
        expected = "a number of at least 0, or such as exp[base=0.01;tgtFactor=100]"
        return self.each(key, course, Course(0.0), expected)

    def reals(self, key: str, least: float, below: float = float("inf")) -> list[float]:
        """Return a number for each input, 0 where there is no such key."""

        def read(text: str) -> float:
            value = real(text)
            if not least <= value < below:
                raise ValueError(text)
            return value

        expected = Words("a number of at least {least}", least=f"{least:g}")
        if below < float("inf"):
            expected = Words(
                "a number of at least {least} and less than {below}", least=f"{least:g}", below=f"{below:g}"
            )
        return self.each(key, read, 0.0, expected)

    def finish(self) -> list[str]:
        """Note the keys that nobody asked for, and return what was left out though it was understood."""
        left_out = []
        for section in (self.section, self.parameters):
            for key in section.unknown() if section is not None else ():
                assert section is not None
                if key in HINTS_OF_SPEED:
                    left_out.append(key)
                else:
                    known = ", ".join(sorted(self.section.asked)[:40])
                    hint = Words("The keys of this layer are {keys}.", keys=known)
                    self.problems.append(section.problem(key, "a key of this type of layer", key, hint))
        return left_out
