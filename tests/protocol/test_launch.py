"""An engine that does not start is told of, with what it said last."""

from pathlib import Path

import pytest

from engine.errors import EngineStartError
from engine.protocol.internal import ServeRun
from engine.protocol.launch import launch


@pytest.mark.skipif(not Path("/bin/sh").exists(), reason="the stand-in is a shell script")
@pytest.mark.parametrize(
    ("complaint", "told"),
    [("", "exit code 3"), ("echo no room >&2; echo at all >&2;", "exit code 3\nno room\nat all")],
)
def test_what_ends_at_once_is_told_with_its_last_words(
    complaint: str, told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{complaint} exit 3\n", encoding="utf-8")
    python.chmod(0o700)
    monkeypatch.setattr("engine.protocol.launch.sys.executable", str(python))
    with pytest.raises(EngineStartError) as raised:
        launch(ServeRun(str(tmp_path), 1.0))
    assert str(raised.value) == f"The engine could not be started: {told}"
