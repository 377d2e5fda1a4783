"""Writes what docs/ says about the network file from the program itself: the JSON schema and the tables.

    .venv/bin/python tools/write_format_docs.py

docs/file-format.md keeps its own words outside of the blocks between "begin" and "end". A test holds the
files equal to what this writes.
"""

from __future__ import annotations

import json
from pathlib import Path

from engine.graph.schedules import SCHEDULES
from engine.graph.schema import schema_text
from engine.graph.settings import DataSettings, TrainingSettings
from engine.layers.base import Layer
from engine.layers.catalogue import LAYERS
from engine.layers.fields import FieldSpec, field_specs

DOCS = Path(__file__).parents[1] / "docs"


def pages() -> dict[Path, str]:
    """Return the files that are to be, by their paths."""
    page = DOCS / "file-format.md"
    text = page.read_text(encoding="utf-8")
    for name, block in _blocks().items():
        begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise SystemExit(f"{page}: expected a block {name}, found none")
        text = f"{before}{begin}{block}\n{end}{after}"
    return {page: text, DOCS / "network-file.schema.json": schema_text()}


def _blocks() -> dict[str, str]:
    schedules = [f"#### `{kind}`\n\n{_table(schedule)}" for kind, schedule in SCHEDULES.items()]
    return {
        "layers": "\n\n".join(map(_layer, LAYERS)),
        "training": _table(TrainingSettings),
        "schedules": "\n\n".join(schedules),
        "data": _table(DataSettings),
    }


def _layer(layer: type[Layer]) -> str:
    inputs = ", ".join(port.title.lower() for port in layer.inputs) or "none"
    return (
        f"### `{layer.kind}`\n\n{layer.summary} Inputs: {inputs}.\n\n"
        f"```text\n{layer.formula}\n```\n\nSource: {layer.source}.\n\n{_table(layer)}"
    )


def _table(record: type) -> str:
    specs = field_specs(record)
    if not specs:
        return "No fields."
    rows = [_row(name, spec, getattr(record(), name)) for name, spec in specs.items()]
    return "\n".join(("| field | takes | default | meaning |", "|---|---|---|---|", *rows))


def _row(name: str, spec: FieldSpec, default: object) -> str:
    unit = f" ({spec.unit})" if spec.unit else ""
    value = json.dumps(spec.dump(default), ensure_ascii=False)
    return f"| `{name}` | {spec.expected}{unit} | `{value}` | {spec.help} |"


if __name__ == "__main__":
    for path, content in pages().items():
        path.write_text(content, encoding="utf-8")
