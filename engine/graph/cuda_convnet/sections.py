"""Reads a ``*.cfg`` of cuda-convnet into sections of keys and texts, each with its line.

::

    # a comment
    [conv1]
    type = conv
    inputs: data

Names of keys are taken in lower case. Nothing is evaluated. Source: cuda-convnet, layer.py, which reads these
files by Python's ConfigParser; unlike that, keys and sections that come twice are told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.errors import FileFormatError
from engine.words import Words

LARGEST_FILE = 1 << 20
"""Bytes."""

_MOST_SECTIONS = 10_000
_HEADER = re.compile(r"\[([^\[\]]+)\]\s*(?:[#;].*)?")
_ENTRY = re.compile(r"([A-Za-z][\w-]*)\s*[=:]\s*(.*)", re.ASCII)
_COMMENT = re.compile(r"(?:^|\s)[#;].*")


@dataclass(frozen=True)
class Text:
    """What stands behind a key, and in which line."""

    text: str
    line: int


@dataclass
class Section:
    """A section ``name`` of the file at ``path``, its keys, and which of these were asked for."""

    path: str
    name: str
    line: int
    keys: dict[str, Text] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def get(self, key: str) -> Text | None:
        """Return what stands behind ``key``, if it is there."""
        self.asked.add(key)
        return self.keys.get(key)

    def unknown(self) -> Iterator[str]:
        """Yield the keys that nobody asked for."""
        return (key for key in self.keys if key not in self.asked)

    def problem(self, key: str, expected: str, found: str, hint: str = "") -> FileFormatError:
        """Return the problem of a key, or of the whole section where ``key`` is empty."""
        line = self.keys[key].line if key in self.keys else self.line
        where = Words("line {line}, {key}", line=line, key=f"[{self.name[:80]}] {key}".rstrip())
        return FileFormatError(path=self.path, where=where, expected=expected, found=found, hint=hint)


def parse(content: bytes, path: str, problems: list[FileFormatError]) -> dict[str, Section]:
    """Return the sections of a file by name; what is wrong with it is added to ``problems``."""

    def wrong(where: str, expected: str, found: str) -> None:
        problems.append(FileFormatError(path=path, where=where, expected=expected, found=found, hint=""))

    if len(content) > LARGEST_FILE:
        wrong("file", Words("at most {count} bytes", count=LARGEST_FILE), str(len(content)))
        return {}
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        wrong(Words("byte {number}", number=error.start), "text in UTF-8", "something else")
        return {}
    sections: dict[str, Section] = {}
    section: Section | None = None
    for number, raw in enumerate(lines, 1):
        line = _COMMENT.sub("", raw).strip()
        if not line:
            continue
        if header := _HEADER.fullmatch(line):
            section = Section(path, header[1].strip(), number)
            if section.name in sections or len(sections) == _MOST_SECTIONS:
                few = Words("at most {count} sections, each once", count=_MOST_SECTIONS)
                wrong(
                    Words("line {line}", line=number),
                    few,
                    Words("another {section}", section=f"[{section.name[:80]}]"),
                )
            else:
                sections[section.name] = section
        elif (entry := _ENTRY.fullmatch(line)) is None or section is None:
            wrong(Words("line {line}", line=number), "[section], or key = value below one", repr(line[:60]))
        elif entry[1].lower() in section.keys:
            key = f"[{section.name[:80]}] {entry[1]}"
            wrong(Words("line {line}, {key}", line=number, key=key), "each key once", "it once more")
        else:
            section.keys[entry[1].lower()] = Text(entry[2].strip(), number)
    return sections
