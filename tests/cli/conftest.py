"""The command line in processes of their own, with the trainer that does as it is told."""

from __future__ import annotations

from tests.supervisor.conftest import engines_home, fake_training

__all__ = ["engines_home", "fake_training"]
