"""A helper process is ended where it is of no more use, and waited for: none is left."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from engine.errors import ConvNetError
from engine.protocol.library import ListRuns, answers
from studio.services.helper import Helper


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("sys.exit(1)", "given up"),
        (r"sys.stdout.buffer.write(b'\xff' * 99); sys.stdout.flush()", "a frame of"),
    ],
)
def test_one_that_gives_no_answer_is_ended_at_once(
    program: str, told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "stand_in.py").write_text(f"import sys, time; {program}; time.sleep(60)", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    before = psutil.Process().children()
    helper = Helper("stand_in", answers, lambda: None)
    got: list[object] = []
    for count in (1, 2):
        helper.ask(ListRuns(), got.append)
        deadline = time.monotonic() + 30.0
        while len(got) < count and time.monotonic() < deadline:
            helper.update()
            time.sleep(0.01)
        assert psutil.Process().children() == before
    helper.close()
    assert all(isinstance(answer, ConvNetError) and told in str(answer) for answer in got)
    assert len(got) == 2
