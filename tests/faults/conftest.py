"""Engines leave no trace outside the tests' folders, and train with the fake unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults import shared
from tests.supervisor.conftest import fake_training

__all__ = ["fake_training"]


@pytest.fixture(scope="session", autouse=True)
def _end_shared_engine(fake_training: None) -> Iterator[None]:
    yield
    shared.end()
