"""What was found to be the quickest is kept, and nothing is lost where it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kernels.cuda.graphs import target, tuned


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A cache of its own."""
    monkeypatch.setenv("CONVNET_CODE_CACHE", str(tmp_path / "cache"))
    tuned._known.cache_clear()
    yield tmp_path / "cache"
    tuned._known.cache_clear()


def test_a_later_process_finds_what_was_found(folder: Path) -> None:
    tuned.put("conv on some GPU", "eng41")
    tuned.put("fc on some GPU", "plain")
    tuned._known.cache_clear()
    assert tuned.get("conv on some GPU") == "eng41"
    assert tuned.get("fc on some GPU") == "plain"
    assert tuned.get("conv on another GPU") == ""
    assert [path.name for path in folder.iterdir()] == ["cudnn.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b"\xff\xfe", b'{"a": 1}'])
def test_a_spoiled_file_counts_as_none(folder: Path, content: bytes) -> None:
    folder.mkdir()
    (folder / "cudnn.json").write_bytes(content)
    assert tuned.get("a") == ""
    tuned.put("a", "eng41")
    tuned._known.cache_clear()
    assert tuned.get("a") == "eng41"


def test_a_folder_that_cannot_be_written_only_forgets(folder: Path) -> None:
    folder.write_text("a file in its place")
    tuned.put("a", "eng41")
    assert tuned.get("a") == "eng41"
    tuned._known.cache_clear()
    assert tuned.get("a") == ""


def test_cudnn_can_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand, or because it is not installed."""
    monkeypatch.setattr(target, "find_spec", lambda name: object())
    assert target.chosen() == "cudnn"
    monkeypatch.setenv("CONVNET_CUDNN", "off")
    assert target.chosen() == ""
    monkeypatch.delenv("CONVNET_CUDNN")
    monkeypatch.setattr(target, "find_spec", lambda name: None)
    assert target.chosen() == ""
    assert target.target_of("cudnn eng41_k2=4") == target.Target("cudnn", "eng41_k2=4")
