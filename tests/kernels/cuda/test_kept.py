"""Compiled plans are kept on the disk, and what is spoiled there counts as nothing."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from kernels.cuda.graphs import kept
from kernels.cuda.graphs.kept import Plan

PLAN = Plan("eng4_k24=46", {"x": 1, "y": 7}, bytes(range(256)))


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A cache of its own."""
    monkeypatch.setenv("CONVNET_CODE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_plan_comes_back_as_it_was(folder: Path) -> None:
    assert kept.get("conv on some GPU") is None
    kept.put("conv on some GPU", PLAN)
    assert kept.get("conv on some GPU") == PLAN
    assert kept.get("conv on another GPU") is None
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[1, 2]",
        b"\xff\xfe",
        b"{}",
        b'{"method": "a", "tensors": [], "code": ""}',
        b'{"method": "a", "tensors": {"x": "y"}, "code": ""}',
        b'{"method": "a", "tensors": {}, "code": "?"}',
    ],
)
def test_a_spoiled_file_counts_as_none(folder: Path, content: bytes) -> None:
    kept.put("conv", PLAN)
    (path,) = folder.iterdir()
    path.write_bytes(content)
    assert kept.get("conv") is None
    kept.put("conv", PLAN)
    assert kept.get("conv") == PLAN


def test_nothing_is_lost_where_nothing_can_be_written(folder: Path) -> None:
    folder.write_text("a file in the way")
    kept.put("conv", PLAN)
    assert kept.get("conv") is None


def test_a_disk_that_is_full_is_left_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    kept.put("conv", PLAN)
    assert list(folder.iterdir()) == []
