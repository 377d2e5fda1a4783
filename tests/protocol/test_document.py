"""docs/protocol.md names each message, field and state, and none other."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from engine.protocol import computer, examination, forecasts, internal, library, messages, previews
from engine.protocol.messages import Message, RunState

DOCUMENT = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")


def kinds(module: ModuleType) -> dict[str, type[Message]]:
    return {
        name: kind
        for name, kind in vars(module).items()
        if inspect.isclass(kind) and issubclass(kind, Message) and kind.__module__ == module.__name__
    }


MODULES = (messages, internal, previews, library, examination, computer, forecasts)
MESSAGES = {name: kind for module in MODULES for name, kind in kinds(module).items() if name != "Message"}
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", DOCUMENT, re.MULTILINE | re.DOTALL))


def test_each_message_has_a_section_and_nothing_else_has() -> None:
    assert SECTIONS.keys() == MESSAGES.keys()


@pytest.mark.parametrize("name", MESSAGES)
def test_each_field_has_a_row_with_type_and_meaning(name: str) -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \| ([^|]*) \|$", SECTIONS[name], re.MULTILINE)
    assert [field for field, _, _ in rows] == [field.name for field in msgspec.structs.fields(MESSAGES[name])]
    assert all(kind.strip() and meaning.strip() for _, kind, meaning in rows)


@pytest.mark.parametrize("name", MESSAGES)
def test_each_field_has_a_comment_in_the_code(name: str) -> None:
    source = inspect.getsource(MESSAGES[name])
    for field in msgspec.structs.fields(MESSAGES[name]):
        assert re.search(rf"^    {field.name}: .*  # \S", source, re.MULTILINE), field.name


def test_each_state_is_named() -> None:
    (table,) = re.findall(r"^\| RunState \|.*?\n\n", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"`(\w+)`", table)) == set(RunState)


def test_the_version_is_named() -> None:
    assert f"version {messages.PROTOCOL_VERSION}." in DOCUMENT
