"""Collects all texts that people read in the studio, and brings the catalogue of translations up to date.

    .venv/bin/python tools/texts.py          add what is missing to resources/translations/ja.json, empty
    .venv/bin/python tools/texts.py --check  only list what is missing, and what is no longer used

Texts come from calls such as tr("…") in studio/, from tables of English source texts, and from what layers,
settings, schedules and errors say of themselves in engine/.
"""

from __future__ import annotations

import argparse
import ast
import errno
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

from tools.words import find_words

ROOT = Path(__file__).parents[1]
CATALOGUE = ROOT / "resources" / "translations" / "ja.json"

_CALLS = {"tr": 0, "_tr": 0, "action_text": 0, "layer_text": 0, "translate": 1, "Title": 0}
"""Functions that take a source text, and the number of the argument that it is."""
_SEVERAL = ("title_for",)
"""Functions all of whose literal arguments are source texts."""
_OF_SYSTEM = (
    *(
        errno.EACCES,
        errno.EBUSY,
        errno.EDQUOT,
        errno.EEXIST,
        errno.EFBIG,
        errno.EIO,
        errno.EISDIR,
        errno.EMFILE,
    ),
    *(
        errno.ENAMETOOLONG,
        errno.ENOENT,
        errno.ENOSPC,
        errno.ENOTDIR,
        errno.ENOTEMPTY,
        errno.EPERM,
        errno.EROFS,
    ),
    *(errno.ECONNREFUSED, errno.ETIMEDOUT),
)
"""Errors of the operating system whose words reach people."""
_OF_JSON = (
    "Expecting value",
    "Expecting property name enclosed in double quotes",
    "Expecting ',' delimiter",
    "Expecting ':' delimiter",
    "Extra data",
    "Illegal trailing comma before end of object",
    "Invalid control character at",
    "Unterminated string starting at",
)
"""What Python says of text that is no JSON."""


def collect() -> dict[str, str]:
    """Return all source texts, each with the first place where it stands."""
    sys.path.insert(0, str(ROOT))
    found: dict[str, str] = {}
    for text, place in (*_in_code(), *_in_tables(), *_in_layers(), *_in_errors(), *_in_words(), *_in_log()):
        if any(sign.isalpha() for sign in text.replace("{", "").replace("}", "")):
            found.setdefault(text, place)
    return found


def _in_code() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "studio").rglob("*.py")):
        place = str(path.relative_to(ROOT))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                for argument in _texts_of(node):
                    yield from ((text, place) for text in _literals(argument))


def _texts_of(call: ast.Call) -> Iterable[ast.expr]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in _SEVERAL:
        return call.args
    number = _CALLS.get(name)
    return call.args[number : number + 1] if number is not None else ()


def _literals(node: ast.expr) -> Iterator[str]:
    """Yield the texts that an argument may be: a literal, or one of those that a condition chooses from."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from _literals(body)
            yield from _literals(other)
        case ast.Subscript(value=ast.Dict(values=values)):
            for value in values:
                yield from _literals(value)


def _in_tables() -> Iterator[tuple[str, str]]:
    from studio.actions import ACTIONS, MENU_TITLES
    from studio.qt.canvas.lens_bar import LENS_TITLES
    from studio.qt.canvas.lenses import PLACEMENT_TEXTS
    from studio.qt.canvas.start_page import EXAMPLE_TITLES
    from studio.qt.cheat_sheet import GESTURES
    from studio.qt.inspector.form import GROUP_TITLES
    from studio.qt.layer_list import FAMILY_TITLES
    from studio.qt.split.layer_place import CHOICES
    from studio.qt.split.split_panel import PRESET_TEXTS, SCHEME_TEXTS

    yield from ((text, "studio/actions.py") for row in ACTIONS for text in (row.title, row.help))
    for table in (MENU_TITLES, EXAMPLE_TITLES, GROUP_TITLES, FAMILY_TITLES, PLACEMENT_TEXTS, dict(CHOICES)):
        yield from ((text, "tables") for text in table.values())
    for pairs in (LENS_TITLES.values(), GESTURES, PRESET_TEXTS.values(), SCHEME_TEXTS.values()):
        yield from ((text, "tables") for pair in pairs for text in pair)


def _in_layers() -> Iterator[tuple[str, str]]:
    from engine.graph.schedules import SCHEDULES
    from engine.graph.settings import DataSettings, TrainingSettings
    from engine.layers.base import Content
    from engine.layers.catalogue import LAYERS
    from engine.layers.fields import field_specs

    for layer in LAYERS:
        place = f"engine/layers/{layer.kind}.py"
        yield from ((template_of(text), place) for text in (layer.title, layer.summary))
        yield from ((port.title, place) for port in layer.inputs)
    for record in (*LAYERS, *SCHEDULES.values(), TrainingSettings, DataSettings):
        for spec in field_specs(record).values():
            texts = [spec.title, spec.help, spec.unit, spec.expected]
            texts += [title for _, title in getattr(spec, "choices", ())]
            yield from ((template_of(text), record.__name__) for text in texts)
    yield from ((schedule.title, "schedules") for schedule in SCHEDULES.values())
    yield from ((content, "engine/layers/base.py") for content in ("data", *get_args(Content)))
    yield from _in_captions()


def _in_captions() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "engine" / "layers").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name == "caption":
                for part in ast.walk(node):
                    if isinstance(part, ast.JoinedStr):
                        for words in _formatted(part).split(" · "):
                            yield template_of(words), path.name


def _formatted(node: ast.expr) -> str:
    """Return a text with a number for each value that is put into it."""
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "0" for part in node.values]
        return "".join(map(str, parts))
    return str(node.value) if isinstance(node, ast.Constant) else ""


def _in_log() -> Iterator[tuple[str, str]]:
    from engine.log_lines import Line
    from studio.models.settings_diff import WORDS

    yield from ((line.value, "engine/log_lines.py") for line in Line)
    yield from ((word, "studio/models/settings_diff.py") for word in WORDS)


def _in_words() -> Iterator[tuple[str, str]]:
    """Yield the words that errors, lines of the log and notes are formed with."""
    yield from ((template_of(text), place) for text, place in find_words().texts.items())
    for code in _OF_SYSTEM:
        yield os.strerror(code), "the operating system"
    yield from ((text, "json") for text in _OF_JSON)


def _in_errors() -> Iterator[tuple[str, str]]:
    from engine import errors

    for kind in vars(errors).values():
        template = getattr(kind, "template", None)
        if isinstance(kind, type) and isinstance(template, str):
            yield template, "engine/errors.py"


def template_of(text: str) -> str:
    """Return a text with {0}, {1}, … for its numbers, as the studio looks it up."""
    from studio.models.phrases import template_of

    return template_of(text)[0]


def read() -> dict[str, str]:
    """Return the catalogue."""
    if not CATALOGUE.exists():
        return {}
    catalogue: dict[str, str] = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    return catalogue


def missing(texts: dict[str, str], catalogue: dict[str, str]) -> dict[str, str]:
    """Return the texts without a translation, with their places."""
    return {text: place for text, place in texts.items() if not catalogue.get(text)}


def main() -> int:
    """Return the program's exit status: 1 where translations are missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    arguments = parser.parse_args()
    texts, catalogue = collect(), read()
    lacking, unused = missing(texts, catalogue), sorted(catalogue.keys() - texts.keys())
    for text, place in lacking.items():
        print(f"missing: {text!r} ({place})")
    for text in unused:
        print(f"unused: {text!r}")
    if not arguments.check:
        kept = {text: catalogue.get(text, "") for text in sorted(texts)}
        CATALOGUE.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{len(texts)} texts, {len(lacking)} without a translation, {len(unused)} unused")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
