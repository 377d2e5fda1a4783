"""What came of injecting a fault many times."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """How many faults were ``injected`` and ``survived``; the ``bar`` and what was ``measured``, in words.

    ``within`` says whether the figures that are not counts keep to the bar.
    """

    injected: int
    survived: int
    bar: str
    measured: str
    within: bool = True

    @property
    def holds(self) -> bool:
        """Whether the bar is met."""
        return self.injected > 0 and self.survived == self.injected and self.within
