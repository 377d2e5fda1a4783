"""Engines leave no trace outside the tests' folders, and train with the fake."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from engine.protocol.launch import LaunchedEngine
from tests.supervisor.engines import FAKE_TRAINING, running


@pytest.fixture(scope="session", autouse=True)
def fake_training(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(FAKE_TRAINING), prepend=os.pathsep)
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("CONVNET_RUNS", str(tmp_path_factory.mktemp("runs")))
        yield


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LaunchedEngine]:
    """An engine that trains for as long as the tests of a module take."""
    with running(tmp_path_factory.mktemp("engine") / "run", "steps 1000000") as engine:
        yield engine
