"""The figures' scripts do what they say."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.app import build
from studio.qt.bench.frames import residual_network
from studio.qt.bench.newcomer import Hands, draw_lenet5


def test_a_newcomer_draws_lenet5_by_mouse_and_keys(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the start page to a network without problems, with its filters and outputs."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    studio = build()
    studio.window.resize(1366, 768)
    studio.window.show_workspace("design")
    studio.window.show()
    qtbot.waitExposed(studio.window)
    hands = Hands(studio)
    draw_lenet5(hands)
    graph = studio.document.network.graph
    assert studio.document.inspection.problems == ()
    assert len(graph) == 11
    assert [graph[name].filters for name in ("conv1", "conv2")] == [6, 16]  # type: ignore[attr-defined]
    assert graph["fc1"].outputs == 120  # type: ignore[attr-defined]
    assert hands.clicks + hands.drags < 25
    studio.document.undo_stack.mark_clean()
    studio.window.close()
    studio.leave()


def test_the_large_network_is_as_large_as_it_says() -> None:
    assert len(residual_network(300).graph) == 300
