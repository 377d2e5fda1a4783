"""The command line in processes of their own, with the trainer that does as it is told."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.supervisor.conftest import fake_training

__all__ = ["fake_training"]


@pytest.fixture(scope="module")
def engines_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home for each module: its tests look at all engines that run."""
    return tmp_path_factory.mktemp("engines")


@pytest.fixture(scope="session", autouse=True)
def _heed_interrupts() -> Iterator[None]:
    """A shell that runs the tests in the background lets them ignore Ctrl+C, and all that they start."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
