"""Fields of layers: what a value may be, its unit, and the words that explain it.

A layer is a frozen dataclass whose fields are made by the functions here. The file reader checks values
against them, and the inspector builds its editors from them.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import unicodedata
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

Group = Literal["geometry", "neuron", "learning", "training", "data"]
GROUPS: tuple[Group, ...] = get_args(Group)


@dataclass(frozen=True, kw_only=True)
class FieldSpec:
    """What a field of a layer may hold.

    ``title`` and ``help`` are English source texts, which the studio translates; ``unit`` follows the value.
    """

    type_name: ClassVar[str]

    title: str
    help: str
    unit: str = ""
    group: Group = "geometry"

    @property
    def expected(self) -> str:
        """Words for what may stand here, for error messages."""
        raise NotImplementedError

    def parse(self, value: object) -> Any:
        """Return the field's value from what a file holds; raise ValueError where it does not fit."""
        raise NotImplementedError

    def dump(self, value: Any) -> object:
        """Return what a file holds for ``value``."""
        return value

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON schema of what a file may hold."""
        raise NotImplementedError


def _range_text(minimum: float | None, maximum: float | None) -> str:
    if minimum is not None and maximum is not None:
        return f" from {_number(minimum)} to {_number(maximum)}"
    if minimum is not None:
        return f" of at least {_number(minimum)}"
    if maximum is not None:
        return f" of at most {_number(maximum)}"
    return ""


def _number(value: float) -> str:
    """Write whole numbers with all their digits."""
    return str(value) if isinstance(value, int) else f"{value:g}"


@dataclass(frozen=True, kw_only=True)
class WholeSpec(FieldSpec):
    """A whole number in [minimum, maximum]."""

    type_name: ClassVar[str] = "whole"
    minimum: int
    maximum: int

    @property
    def expected(self) -> str:
        return "a whole number" + _range_text(self.minimum, self.maximum)

    def parse(self, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.minimum <= value <= self.maximum:
            raise ValueError(value)
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True, kw_only=True)
class PairSpec(WholeSpec):
    """Two whole numbers, (height, width). A file holds one number where both are equal."""

    type_name: ClassVar[str] = "pair"

    @property
    def expected(self) -> str:
        return super().expected + ", or [height, width] of two"

    def parse(self, value: object) -> tuple[int, int]:  # type: ignore[override]
        if isinstance(value, list | tuple):
            height, width = value  # a wrong count is a ValueError too
        else:
            height = width = value
        return super().parse(height), super().parse(width)

    def dump(self, value: tuple[int, int]) -> object:
        height, width = value
        return height if height == width else [height, width]

    def json_schema(self) -> dict[str, Any]:
        one = super().json_schema()
        return {"oneOf": [one, {"type": "array", "items": one, "minItems": 2, "maxItems": 2}]}


@dataclass(frozen=True, kw_only=True)
class RealSpec(FieldSpec):
    """A number in [minimum, maximum]; ``open_minimum`` and ``open_maximum`` leave the ends out."""

    type_name: ClassVar[str] = "real"
    minimum: float | None = None
    maximum: float | None = None
    open_minimum: bool = False
    open_maximum: bool = False
    optional: bool = False

    @property
    def expected(self) -> str:
        text = "a number" + _range_text(self.minimum, self.maximum)
        left_out = [
            f"{end:g}"
            for end, is_open in ((self.minimum, self.open_minimum), (self.maximum, self.open_maximum))
            if is_open and end is not None
        ]
        if left_out:
            text += f" ({' and '.join(left_out)} left out)"
        return text + (", or null for the network's own" if self.optional else "")

    def parse(self, value: object) -> float | None:
        if value is None and self.optional:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(value)
        try:
            number = float(value)
        except OverflowError as error:
            raise ValueError(value) from error
        if not math.isfinite(number):
            raise ValueError(value)
        if self.minimum is not None and (
            number < self.minimum or (self.open_minimum and number == self.minimum)
        ):
            raise ValueError(value)
        if self.maximum is not None and (
            number > self.maximum or (self.open_maximum and number == self.maximum)
        ):
            raise ValueError(value)
        return number

    def dump(self, value: float | None) -> object:
        return None if value is None else float(value)

    def json_schema(self) -> dict[str, Any]:
        limits = {
            "exclusiveMinimum" if self.open_minimum else "minimum": self.minimum,
            "exclusiveMaximum" if self.open_maximum else "maximum": self.maximum,
        }
        return {
            "type": ["number", "null"] if self.optional else "number",
            **{key: limit for key, limit in limits.items() if limit is not None},
        }


@dataclass(frozen=True, kw_only=True)
class FlagSpec(FieldSpec):
    """Yes or no."""

    type_name: ClassVar[str] = "flag"

    @property
    def expected(self) -> str:
        return "true or false"

    def parse(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError(value)
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True, kw_only=True)
class ChoiceSpec(FieldSpec):
    """One of ``choices``, given as (value, title) pairs."""

    type_name: ClassVar[str] = "choice"
    choices: tuple[tuple[str, str], ...]

    @property
    def expected(self) -> str:
        return "one of " + ", ".join(f'"{value}"' for value, _ in self.choices)

    def parse(self, value: object) -> str:
        if not isinstance(value, str) or value not in dict(self.choices):
            raise ValueError(value)
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"enum": [value for value, _ in self.choices]}


_NOT_TEXT = ("Cc", "Cs", "Zl", "Zp")
"""Unicode's categories of control characters, halves of characters, and ends of lines and paragraphs."""


@dataclass(frozen=True, kw_only=True)
class TextSpec(FieldSpec):
    """A line of text, without control characters."""

    type_name: ClassVar[str] = "text"

    @property
    def expected(self) -> str:
        return "a line of text"

    def parse(self, value: object) -> str:
        if not isinstance(value, str) or any(unicodedata.category(sign) in _NOT_TEXT for sign in value):
            raise ValueError(value)
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string"}


@dataclass(frozen=True, kw_only=True)
class WholeListSpec(WholeSpec):
    """Rising whole numbers, each in [minimum, maximum]."""

    type_name: ClassVar[str] = "whole list"

    @property
    def expected(self) -> str:
        return "a list of rising whole numbers" + _range_text(self.minimum, self.maximum)

    def parse(self, value: object) -> tuple[int, ...]:  # type: ignore[override]
        if not isinstance(value, list | tuple):
            raise ValueError(value)
        numbers = tuple(super(WholeListSpec, self).parse(number) for number in value)
        if any(later <= earlier for earlier, later in itertools.pairwise(numbers)):
            raise ValueError(value)
        return numbers

    def dump(self, value: tuple[int, ...]) -> object:
        return list(value)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "array", "items": super().json_schema(), "uniqueItems": True}


@dataclass(frozen=True, kw_only=True)
class RealListSpec(RealSpec):
    """Numbers, each in [minimum, maximum]."""

    type_name: ClassVar[str] = "real list"

    @property
    def expected(self) -> str:
        return "a list of numbers" + _range_text(self.minimum, self.maximum)

    def parse(self, value: object) -> tuple[float | None, ...]:  # type: ignore[override]
        if not isinstance(value, list | tuple):
            raise ValueError(value)
        return tuple(super(RealListSpec, self).parse(number) for number in value)

    def dump(self, value: tuple[float, ...]) -> object:  # type: ignore[override]
        return list(value)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "array", "items": super().json_schema()}


LARGEST = 1_000_000
"""Upper bound of counts and sizes: far above any network, far below an overflow."""

_SPEC = "spec"


def field_of(spec: FieldSpec, default: object) -> Any:
    """A field that holds what ``spec`` says."""
    return dataclasses.field(default=default, metadata={_SPEC: spec})


def whole(default: int, *, minimum: int = 1, maximum: int = LARGEST, **words: Any) -> Any:
    """A field that holds a whole number."""
    return field_of(WholeSpec(minimum=minimum, maximum=maximum, **words), default)


def pair(default: tuple[int, int], *, minimum: int = 1, maximum: int = LARGEST, **words: Any) -> Any:
    """A field that holds (height, width)."""
    return field_of(PairSpec(minimum=minimum, maximum=maximum, **words), default)


def real(default: float | None, **words: Any) -> Any:
    """A field that holds a number, or None where ``optional``."""
    return field_of(RealSpec(**words), default)


def flag(default: bool, **words: Any) -> Any:
    """A field that holds yes or no."""
    return field_of(FlagSpec(**words), default)


def choice(default: str, choices: tuple[tuple[str, str], ...], **words: Any) -> Any:
    """A field that holds one of some values."""
    return field_of(ChoiceSpec(choices=choices, **words), default)


def text(default: str, **words: Any) -> Any:
    """A field that holds a line of text."""
    return field_of(TextSpec(**words), default)


def whole_list(default: tuple[int, ...], *, minimum: int = 0, maximum: int = LARGEST, **words: Any) -> Any:
    """A field that holds rising whole numbers."""
    return field_of(WholeListSpec(minimum=minimum, maximum=maximum, **words), default)


def real_list(default: tuple[float, ...], **words: Any) -> Any:
    """A field that holds numbers."""
    return field_of(RealListSpec(**words), default)


def field_specs(record: type | object) -> dict[str, FieldSpec]:
    """Return the specs of a dataclass's fields by name, group after group, leaving out fields without one."""
    fields = dataclasses.fields(record)  # type: ignore[arg-type]
    specs = {field.name: field.metadata[_SPEC] for field in fields if _SPEC in field.metadata}
    return dict(sorted(specs.items(), key=lambda item: GROUPS.index(item[1].group)))
