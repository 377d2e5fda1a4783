"""Looks at data sets by real processes."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from engine.errors import EngineStartError
from engine.graph.network_file import NetworkFile, dumps
from engine.graph.settings import DataSettings
from engine.protocol.messages import Problem
from engine.protocol.previews import DataSeen, LookAtData
from studio.services import data_preview
from studio.services.data_preview import DataPreviews, Told


def told_by(previews: DataPreviews, request: LookAtData, news: threading.Event) -> list[Told]:
    look = previews.look(request)
    deadline = time.monotonic() + 60
    told: list[Told] = []
    while not told and time.monotonic() < deadline:
        news.wait(1)
        told = look.drain()
    return told


def test_a_look_tells_what_is_there_or_why_there_is_nothing(tmp_path: Path) -> None:
    news = threading.Event()
    previews = DataPreviews(news.set)
    digits = NetworkFile(data=DataSettings(source="digits"))
    (seen,) = told_by(previews, LookAtData(dumps(digits), str(tmp_path)), news)
    assert isinstance(seen, DataSeen)
    assert seen.shape == (8, 8, 1)
    news.clear()
    missing = NetworkFile(data=DataSettings(source="path", path="missing"))
    (problem,) = told_by(previews, LookAtData(dumps(missing), str(tmp_path)), news)
    assert isinstance(problem, Problem)
    previews.close()


def test_a_look_that_is_given_up_leaves_no_process(tmp_path: Path) -> None:
    previews = DataPreviews(lambda: None)
    look = previews.look(LookAtData(dumps(NetworkFile()), str(tmp_path)))
    previews.close()
    assert not look.is_alive()
    assert look.drain() == []


def test_a_process_that_dies_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_preview.sys, "executable", "/bin/false")
    news = threading.Event()
    (cause,) = told_by(DataPreviews(news.set), LookAtData("", str(tmp_path)), news)
    assert isinstance(cause, EngineStartError)
