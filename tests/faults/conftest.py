"""Engines leave no trace outside the tests' folders, and train with the fake unless a test says otherwise."""

from __future__ import annotations

from tests.supervisor.conftest import fake_training

__all__ = ["fake_training"]
