"""Engines leave no trace outside the tests' folders, and train with the fake unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults import shared
from tests.supervisor.conftest import engines_home, fake_training

__all__ = ["engines_home", "fake_training"]


@pytest.fixture(scope="package", autouse=True)
def _end_shared_engine() -> Iterator[None]:
    """Before the tests of other folders, with which it would share the processor."""
    yield
    shared.end()
