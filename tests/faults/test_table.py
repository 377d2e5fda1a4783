"""The table of a document is renewed line by line, from what the rows have given."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = """# Before

| row | fault | injected | survived | bar | measured |
|---|---|---|---|---|---|
| 5 | fsync fails | 5 | 5 | 0 silent | old |
| 7 | newest checkpoint corrupt | 9 | 9 | another | old |
| 99 | what is no longer injected | 1 | 1 | a bar | old |

| row | another table |
"""


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("faults_tool", ROOT / "tools" / "faults.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def test_lines_are_renewed_kept_added_and_dropped(tmp_path: Path, faults: ModuleType) -> None:
    document = tmp_path / "reliability.md"
    document.write_text(DOCUMENT, encoding="utf-8")
    new = {
        row: faults.Result(("8", "8", "a bar", "new"), 1.0, holds=True)
        for row in faults.rows()
        if row.number in ("6", "7")
    }
    faults.write(document, new)
    before, _, after = DOCUMENT.partition("| 7 |")
    table = "".join(f"| {row.number} | {row.fault} | 8 | 8 | a bar | new |\n" for row in new)
    assert document.read_text(encoding="utf-8") == before + table + "\n" + after.partition("\n\n")[2]


def test_rows_that_measure_time_are_alone(faults: ModuleType) -> None:
    alone = {row.module.rpartition(".")[2] for row in faults.rows() if row.alone}
    assert alone == {
        "test_event_rate",
        "test_restart",
        "test_row_12_studio_killed",
        "test_row_13_studio_stalled",
    }
