"""The pipe to a process that measures one side of a bench."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli.bench_side import Side

CHILD = """
import sys
from engine.cli.bench_side import answer, read_order

order = read_order()
answer({"add": lambda a, b: int(a) + int(b) + order["more"], "end": lambda: sys.exit(3)})
"""


@pytest.fixture
def side(tmp_path: Path) -> Side:
    """A side that adds numbers."""
    (tmp_path / "adding.py").write_text(CHILD, encoding="utf-8")
    return Side("adding", {"more": 100}, {"PYTHONPATH": str(tmp_path)})


def test_words_are_answered(side: Side) -> None:
    """With their arguments, one line after the other."""
    assert [side.ask("add 1 2"), side.ask("add 3 4")] == [103, 107]
    side.close()


def test_a_process_that_has_ended_is_noticed(side: Side) -> None:
    """Also by what is asked afterwards; closing it is no error."""
    for words in ("end", "add 1 2", "add 3 4"):
        with pytest.raises(ValueError, match=r"Expecting value|has ended"):
            side.ask(words)
    side.close()
