"""Layers travel as text."""

from __future__ import annotations

import json

from engine.graph.layer_graph import Wire
from engine.graph.network_file import dumps, loads
from studio.models import clipboard, commenting
from studio.models.document import Document
from tests.studio.networks import small_document


def pasted(document: Document, text: str, at: tuple[float, float] | None = None) -> list[str]:
    part = clipboard.read(text)
    assert part is not None
    return clipboard.paste(document, part, at)[0]


def test_what_is_copied_is_a_network_file_of_its_own() -> None:
    """With the wires between the layers, and without those that lead elsewhere."""
    document = small_document()
    text = clipboard.copy(document.network, ["pool1", "conv1"])
    network = loads(text)
    assert list(network.graph) == ["conv1", "pool1"]
    assert network.graph.wires() == [Wire("conv1", "pool1")]
    assert list(json.loads(text)) == ["format", "version", "layers", "canvas"]


def test_a_copy_gets_free_names_and_lies_beside_the_original() -> None:
    """One step of undo."""
    document = small_document()
    before = dumps(document.network)
    x, y = document.network.positions["conv1"]
    assert pasted(document, clipboard.copy(document.network, ["conv1", "pool1"])) == ["conv2", "pool2"]
    assert Wire("conv2", "pool2") in document.network.graph.wires()
    assert document.network.positions["conv2"] == (x + 32, y + 32)
    assert document.network.graph["conv2"] == document.network.graph["conv1"]
    document.undo()
    assert dumps(document.network) == before


def test_layers_and_comments_are_pasted_into_another_network_at_a_place() -> None:
    """Names that are free there are kept."""
    document, other = small_document(), Document()
    note = commenting.add(document, "first block", (0, 0), ["conv1"])
    text = clipboard.copy(document.network, ["conv1"], [note])
    part = clipboard.read(text)
    assert part is not None
    assert clipboard.paste(other, part, (400, 800)) == (["conv1"], ["note1"])
    assert other.network.comments["note1"].place == (400, 800)
    (x, y), (left, top) = document.network.positions["conv1"], document.network.comments[note].place
    assert other.network.positions["conv1"] == (400 + x - left, 800 + y - top)


def test_a_whole_network_file_can_be_pasted_and_other_text_cannot() -> None:
    """Nothing happens with a text that holds no layers."""
    document = small_document()
    assert len(pasted(Document(), dumps(document.network))) == 7
    for text in ("", "{", "Hello", json.dumps({"format": "x"}), clipboard.copy(document.network, [])):
        assert clipboard.read(text) is None
