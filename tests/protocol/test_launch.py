"""An engine that does not start is told of, with what it said last, and leaves no process behind."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from engine.errors import EngineStartError
from engine.protocol import launch as launching
from engine.protocol.internal import ServeRun
from engine.protocol.launch import launch

pytestmark = pytest.mark.skipif(not Path("/bin/sh").exists(), reason="the stand-in is a shell script")


@pytest.mark.parametrize(
    ("complaint", "told"),
    [("", "exit code 3"), ("echo no room >&2; echo at all >&2;", "exit code 3\nno room\nat all")],
)
def test_what_ends_at_once_is_told_with_its_last_words(
    complaint: str, told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stand_in(f"{complaint} exit 3", monkeypatch, tmp_path)
    with pytest.raises(EngineStartError) as raised:
        launch(ServeRun(str(tmp_path), 1.0))
    assert str(raised.value) == f"The engine could not be started: {told}"


@pytest.mark.parametrize("order", [1, 1 << 20])
def test_what_does_not_answer_is_ended_and_told(
    order: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Be it that it reads, or that it does not even take all of a long order."""
    stand_in("exec sleep 60", monkeypatch, tmp_path)
    monkeypatch.setattr(launching, "PATIENCE", 0.3)
    before = psutil.Process().children()
    with pytest.raises(EngineStartError, match=r"no answer within 0\.3 s"):
        launch(ServeRun("a" * order, 1.0))
    assert psutil.Process().children() == before


def test_what_answers_something_else_is_ended_and_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As where something that is loaded with Python prints."""
    stand_in("echo welcome; exec sleep 60", monkeypatch, tmp_path)
    before = psutil.Process().children()
    with pytest.raises(EngineStartError, match="it answered “welcome”"):
        launch(ServeRun(str(tmp_path), 1.0))
    assert psutil.Process().children() == before


def stand_in(script: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Put a shell script in the place of engines."""
    python = folder / "python"
    python.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    python.chmod(0o700)
    monkeypatch.setattr(launching.sys, "executable", str(python))
