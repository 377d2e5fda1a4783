"""docs/layers.md is what the layers say of themselves."""

from __future__ import annotations

import runpy
from pathlib import Path

from engine.layers.catalogue import LAYERS

ROOT = Path(__file__).parents[2]


def test_the_page_is_what_the_tool_writes() -> None:
    """To renew it: .venv/bin/python tools/write_layer_docs.py"""
    page = runpy.run_path(str(ROOT / "tools" / "write_layer_docs.py"))["page"]()
    assert (ROOT / "docs" / "layers.md").read_text(encoding="utf-8") == page
    for layer in LAYERS:
        assert layer.formula in page
