"""How the layers of a run fare: readings over time, and what to think of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from engine.protocol.messages import Entry, HealthMeasured, LayerHealth, Rewound

Verdict = Literal["good", "warning", "bad"]

RATIO_LOW: Final = 1e-4
RATIO_HIGH: Final = 1e-2
"""Limits of the update : weight ratio; about 10⁻³ is usual (DL4J's advice)."""

DEAD_WARNING: Final = 0.1
DEAD_BAD: Final = 0.4
"""Fractions of dead units: a high learning rate may kill 40 % (CS231n)."""

VANISHING: Final = 1e-7
EXPLODING: Final = 1e3
"""Limits of the norm of a layer's gradient."""

Advice = Literal["dead", "exploding", "fast", "slow", "vanishing"]


@dataclass(frozen=True)
class Finding:
    """What is to be thought of a layer; ``value`` is what was measured."""

    verdict: Verdict
    advice: Advice
    value: float


class Health:
    """The readings of one run, rising."""

    def __init__(self) -> None:
        self.readings: list[HealthMeasured] = []

    def take(self, entry: Entry) -> bool:
        """Take an entry of the journal; return whether it changed the readings."""
        match entry:
            case HealthMeasured():
                self.readings.append(entry)
                return True
            case Rewound(step):
                del self.readings[self._after(step) :]
                return True
        return False

    def at(self, step: int | None = None) -> HealthMeasured | None:
        """Return the newest reading, or the newest that is not after a step."""
        at = len(self.readings) if step is None else self._after(step)
        return self.readings[at - 1] if at else None

    def of_layer(self, layer: str) -> Iterator[tuple[int, LayerHealth]]:
        """Yield the readings of a layer with their steps."""
        for reading in self.readings:
            for found in reading.layers:
                if found.layer == layer:
                    yield reading.step, found

    def largest_weight(self, step: int) -> float | None:
        """Return the largest weight of any layer, by size, in the newest reading until a step."""
        reading = self.at(step) or next(iter(self.readings), None)
        spreads = [layer.weights for layer in reading.layers if layer.weights is not None] if reading else []
        return max((max(abs(spread.low), abs(spread.high)) for spread in spreads), default=None)

    def _after(self, step: int) -> int:
        return bisect_right(self.readings, step, key=lambda reading: reading.step)


def findings(layer: LayerHealth) -> list[Finding]:
    """Return what is wrong with a layer, the worst first; nothing where all is well."""
    found = []
    if layer.dead is not None and layer.dead > DEAD_WARNING:
        found.append(Finding("bad" if layer.dead > DEAD_BAD else "warning", "dead", layer.dead))
    norm, ratio = layer.gradient_norm, layer.update_ratio
    if norm is not None and norm > EXPLODING:
        found.append(Finding("bad", "exploding", norm))
    if norm is not None and norm < VANISHING:
        found.append(Finding("bad", "vanishing", norm))
    if ratio is not None and ratio > RATIO_HIGH:
        found.append(Finding("warning", "fast", ratio))
    if ratio is not None and ratio < RATIO_LOW:
        found.append(Finding("warning", "slow", ratio))
    return sorted(found, key=lambda finding: finding.verdict != "bad")


def verdict(layer: LayerHealth) -> Verdict:
    """Return the worst that is to be thought of a layer."""
    return next((finding.verdict for finding in findings(layer)), "good")
