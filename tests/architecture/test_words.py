"""No English slips into errors past the translation."""

from __future__ import annotations

import pytest

from tools.words import find_words, words_in


def test_no_words_are_joined_with_values_in_any_other_way() -> None:
    """An f-string, say, has no template that the studio could translate: Words("…{name}", name=…) has."""
    assert find_words().loose == []


@pytest.mark.parametrize(
    "code",
    [
        'raise SomeError(found=f"none of {name}")',
        'raise SomeError(found="none of " + name)',
        'raise SomeError(found="none of {}".format(name))',
        'found = f"none of {name}"\nraise SomeError(found=found)',
        'def refuse(found): ...\nrefuse(f"none of {name}")',
        'def why(): return f"none of {name}"\nraise SomeError(found=why())',
        'raise SomeError(found="none" if name else f"none of {name}")',
        'raise SomeError(found=Words("none of {name}", names=name))',
        'raise SomeError(found=Words("{reason}", reason=f"none of {name}"))',
        'raise SomeError(found=Words(f"none of {name}"))',
    ],
)
def test_joined_words_are_found(code: str) -> None:
    assert len(words_in({"x.py": code}).loose) == 1


@pytest.mark.parametrize(
    "code",
    [
        'raise SomeError(found="none of this")',
        'found = "none of this" if name else "12"\nraise SomeError(found=found)',
        'FOUND = "none of this"\nraise SomeError(found=FOUND)',
        'TABLE = {"a": "none of this"}\nraise SomeError(found=TABLE[name])',
        'def refuse(source, found): ...\nrefuse(name, "none of this")',
        'class Reader:\n  def refuse(self, found): ...\n  def go(self): self.refuse("none of this")',
        'def why(): return "none of this"\nraise SomeError(found=why())',
        'raise SomeError(found=Words("none of this"), where=f"{a}: {b}")',
        'notes.append(Words("none of this"))',
    ],
)
def test_words_are_found_wherever_they_come_from(code: str) -> None:
    found = words_in({"x.py": code})
    assert (found.loose, "none of this" in found.texts) == ([], True)
