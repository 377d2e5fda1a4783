"""Lines of the log: what is told has what its template names."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import msgspec

from engine.errors import RunEndedError
from engine.log_lines import Line
from engine.protocol.codec import encode
from engine.protocol.log_messages import log_message, output_message
from engine.protocol.messages import Entries

ENGINE = Path(__file__).parents[2] / "engine"


def calls() -> Iterator[tuple[str, set[str]]]:
    """Yield each literal Line in a call in the engine, with what comes with it."""
    for path in ENGINE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") not in ("log", "warn"):
                continue
            given = {word.arg for word in node.keywords if word.arg}
            for number, argument in enumerate(node.args):
                for part in ast.walk(argument):
                    if isinstance(part, ast.Attribute) and getattr(part.value, "id", "") == "Line":
                        has_cause = number + 1 < len(node.args)
                        yield part.attr, given | ({"cause"} if has_cause else set())


def test_every_line_is_told_with_the_fields_of_its_template() -> None:
    """A line that lacks one would end a training at the moment that it has something to tell."""
    told = dict(calls())
    for name, given in told.items():
        named = {field for _, field, _, _ in string.Formatter().parse(Line[name].value) if field}
        assert named <= given, name
    by_table = {Line.MEMORY_OF_PLAN, Line.MEMORY_OF_DATA, Line.MEMORY_OF_CUDA}
    by_table |= {Line.CHECKPOINT, Line.BEST_CHECKPOINT, Line.ROLLED_BACK, Line.ROLLED_BACK_AFTER}
    by_table |= {Line.VALIDATION_ERROR, Line.TEST_ERROR, Line.EDITED, Line.EDITED_AGAIN}
    by_table |= {Line.BEST_KEPT, Line.BEST_NOT_KEPT, Line.BEST_KEPT_AGAIN, Line.BEST_NOT_KEPT_AGAIN}
    assert {line.name for line in Line} - told.keys() <= {line.name for line in by_table}


def test_a_line_travels_as_a_sentence_and_as_what_it_is_formed_from() -> None:
    line = log_message("warning", Line.RESTARTED, RunEndedError(state="stopped"), number=2, most=5)
    assert line.text.endswith("Restart 2 of 5.")
    assert line.text.startswith("The run has stopped")
    assert (line.code, line.fields) == ("RESTARTED", {"number": 2, "most": 5})
    entries = Entries(1, (line, output_message("x" * 20_000)))
    assert msgspec.msgpack.decode(encode(entries), type=Entries) == entries
