"""Engines leave no trace outside the tests' folders, and train with the fake."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.protocol.launch import LaunchedEngine
from tests.supervisor.engines import FAKE_TRAINING, running


@pytest.fixture(scope="session")
def engines_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all engines of these tests leave what they leave; the same for all modules, which share some."""
    return tmp_path_factory.mktemp("engines")


@pytest.fixture(scope="module", autouse=True)
def fake_training(engines_home: Path) -> Iterator[None]:
    """Set the environment while a module's tests run, and not a moment longer: other tests train for real."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(FAKE_TRAINING), prepend=os.pathsep)
        patch.setenv("XDG_STATE_HOME", str(engines_home / "state"))
        patch.setenv("CONVNET_RUNS", str(engines_home / "runs"))
        yield


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LaunchedEngine]:
    """An engine that trains for as long as the tests of a module take."""
    with running(tmp_path_factory.mktemp("engine") / "run", "steps 1000000") as engine:
        yield engine
