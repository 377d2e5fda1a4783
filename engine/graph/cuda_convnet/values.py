"""What may stand behind the keys of a ``*.cfg``: numbers, yes or no, names, lists, and courses of rates.

Each function returns the value of a text, or raises ValueError.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_WHOLE = re.compile(r"[+-]?\d{1,9}", re.ASCII)
_REAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_COURSE = re.compile(r"(const|linear|exp|dexp)\s*\[([^\[\]]*)\]", re.IGNORECASE)
_FLAGS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False}
_FLAGS["off"] = False


def whole(text: str) -> int:
    """A whole number of at most nine digits."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(text)
    return int(text)


def real(text: str) -> float:
    """A finite number, with an exponent or without."""
    if not _REAL.fullmatch(text) or not math.isfinite(value := float(text)):
        raise ValueError(text)
    return value


def flag(text: str) -> bool:
    """True, false, 1, 0 and what else ConfigParser takes for these."""
    value = _FLAGS.get(text.lower())
    if value is None:
        raise ValueError(text)
    return value


def word(text: str) -> str:
    """Any text; what it may be is for the field to say."""
    return text


def parts(text: str) -> list[str]:
    """The entries of a list that is divided by commas."""
    return [part.strip() for part in text.split(",")]


@dataclass(frozen=True)
class Course:
    """A rate's course: ``kind`` const, linear, exp or dexp from ``base`` to base / ``divisor``."""

    base: float
    kind: str = "const"
    divisor: float = 1.0
    steps: int = 0

    def __str__(self) -> str:
        if self.kind == "const":
            return f"{self.base:g}"
        steps = f";numSteps={self.steps}" if self.steps else ""
        return f"{self.kind}[base={self.base:g};tgtFactor={self.divisor:g}{steps}]"


_COURSE_KEYS = {
    "const": {"base"},
    "linear": {"base", "tgtfactor"},
    "exp": {"base", "tgtfactor"},
    "dexp": {"base", "tgtfactor", "numsteps"},
}


def course(text: str) -> Course:
    """A number, or such as exp[base=0.01;tgtFactor=100], its keys in any order.

    Source: cuda-convnet2, util.py and lr.cu.
    """
    if (match := _COURSE.fullmatch(text)) is None:
        base = real(text)
        kind, keys = "const", {"base": text}
    else:
        kind = match[1].lower()
        pairs = [entry.partition("=") for entry in match[2].split(";") if entry.strip()]
        keys = {name.strip().lower(): value.strip() for name, _, value in pairs}
        if set(keys) != _COURSE_KEYS[kind] or len(pairs) != len(keys):
            raise ValueError(text)
        base = real(keys["base"])
    divisor, steps = real(keys.get("tgtfactor", "1")), whole(keys.get("numsteps", "0"))
    if base < 0 or not 1e-9 <= divisor <= 1e9 or (kind == "dexp" and steps < 2):
        raise ValueError(text)
    return Course(base, kind, divisor, steps)
