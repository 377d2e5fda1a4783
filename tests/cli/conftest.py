"""The command line in processes of their own, with the trainer that does as it is told."""

from __future__ import annotations

from tests.supervisor.conftest import fake_training

__all__ = ["fake_training"]
