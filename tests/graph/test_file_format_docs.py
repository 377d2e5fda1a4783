"""docs/file-format.md and the JSON schema beside it tell what the program does."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from engine.graph.network_file import loads
from engine.graph.schedules import SCHEDULES
from engine.graph.schema import network_schema
from engine.graph.settings import DataSettings, TrainingSettings
from engine.graph.split import PLACEMENTS
from engine.graph.validate import inspect_network
from engine.layers.catalogue import LAYERS
from engine.layers.fields import field_specs

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "file-format.md").read_text(encoding="utf-8")


def test_schema_and_tables_are_those_of_the_program() -> None:
    """To renew them: .venv/bin/python tools/write_format_docs.py"""
    pages = runpy.run_path(str(ROOT / "tools" / "write_format_docs.py"))["pages"]()
    assert len(pages) == 2
    for path, content in pages.items():
        assert path.read_text(encoding="utf-8") == content, path.name


@pytest.mark.parametrize("record", [*LAYERS, *SCHEDULES.values(), TrainingSettings, DataSettings])
def test_each_field_is_told(record: type) -> None:
    assert all(f"| `{name}` | {spec.expected}" in PAGE for name, spec in field_specs(record).items())


@pytest.mark.parametrize("kind", [*(layer.kind for layer in LAYERS), *SCHEDULES, *PLACEMENTS])
def test_each_type_of_layer_schedule_and_placement_is_told(kind: str) -> None:
    assert f"`{kind}`" in PAGE


@pytest.mark.parametrize("section", network_schema()["properties"])
def test_each_section_is_told(section: str) -> None:
    assert re.search(rf"^##+ .*`{section}`", PAGE, re.MULTILINE)


def test_the_example_on_the_page_is_a_network_without_problems() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert inspect_network(loads(example).graph).problems == ()
