"""Steps of undo survive in another studio."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.graph.network_file import dumps, loads
from studio.models import editing, kept_steps
from studio.models.document import Document
from studio.models.kept_steps import read_steps, write_steps
from tests.studio.networks import small_document
from tests.studio.random_edits import random_edit


def _in_another_studio(document: Document) -> Document:
    kept = json.loads(json.dumps(write_steps(document)))
    other = Document()
    other.new(loads(dumps(document.network)))
    steps = read_steps(kept, dumps(document.network))
    assert steps is not None
    other.take_steps(steps)
    return other


def _all_states(document: Document) -> list[tuple[str, bool]]:
    """Return the network after each step, and whether it is to be saved."""
    found = []
    for done in range(len(document.undo_stack.titles) + 1):
        document.go_to(done)
        found.append((dumps(document.network), document.dirty))
    return found


@given(st.data())
def test_undo_and_redo_lead_to_the_same_networks(data: st.DataObject) -> None:
    """Byte for byte, by the same names, and with the same one saved."""
    document = small_document()
    for number in range(data.draw(st.integers(0, 6))):
        random_edit(document, data.draw)
        if number == 2:
            document.undo_stack.mark_clean()
    document.go_to(data.draw(st.integers(0, len(document.undo_stack.titles))))
    other = _in_another_studio(document)
    assert (other.undo_stack.titles, other.undo_stack.done, other.dirty) == (
        document.undo_stack.titles,
        document.undo_stack.done,
        document.dirty,
    )
    assert _all_states(other) == _all_states(document)


def test_of_very_many_steps_the_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was saved before them cannot be come back to."""
    monkeypatch.setattr(kept_steps, "MOST", 3)
    document = small_document()
    for filters in range(1, 6):
        editing.set_fields(document, "conv1", {"filters": filters})
    other = _in_another_studio(document)
    assert other.undo_stack.done == 3
    other.go_to(0)
    assert other.network.graph["conv1"].filters == 2  # type: ignore[attr-defined]
    assert other.dirty
    editing.set_fields(other, "conv1", {"filters": 77})
    assert other.undo_stack.done == 1


def test_steps_that_lead_elsewhere_are_not_taken() -> None:
    document = small_document()
    editing.set_fields(document, "conv1", {"filters": 7})
    assert read_steps(write_steps(document), dumps(small_document().network)) is None
