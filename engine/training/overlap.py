"""Tells from the times of a step what of the communication was hidden behind computation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.plan.analysis.traffic import sent_bytes
from engine.plan.compile.pipeline import TRAIN
from engine.plan.types import TrainingPlan
from engine.runtime.device import Span


def hidden_share(plan: TrainingPlan, ranks: Sequence[Sequence[Span]]) -> float | None:
    """Return the share of the bytes of gradients that are sent while the same rank computes.

    ``ranks`` are the spans of a step, by rank. None where there are no sums of gradients.
    """
    operations = {operation.name: operation for operation in plan.programs[TRAIN].operations}
    hidden = total = 0.0
    for spans in ranks:
        computing = _joined([span for span in spans if span.stream != "communication"])
        for span in spans:
            if span.stream == "communication" and operations[span.name].layer == "gradients":
                sent = sum(sent_bytes(operations[span.name], plan.buffers).values()) / len(plan.ranks)
                total += sent
                hidden += sent * _covered(span, computing)
    return hidden / total if total else None


def _joined(spans: Sequence[Span]) -> list[tuple[float, float]]:
    """Return the times during which at least one of several spans runs, one after the other."""
    joined: list[tuple[float, float]] = []
    for span in sorted(spans, key=lambda span: span.begin):
        if joined and span.begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], span.end)
        else:
            joined.append((span.begin, span.end))
    return joined


def _covered(span: Span, times: Sequence[tuple[float, float]]) -> float:
    """Return the share of a span that lies within ``times``."""
    if span.end <= span.begin:
        return 0.0
    overlaps = (min(span.end, end) - max(span.begin, begin) for begin, end in times)
    return sum(max(0.0, overlap) for overlap in overlaps) / (span.end - span.begin)


def chrome_trace(ranks: Sequence[Sequence[Span]]) -> dict[str, Any]:
    """Return a step as Chrome's trace viewer reads it: a process for each rank, a thread for each stream."""
    events = [
        {
            "name": span.name,
            "ph": "X",
            "pid": f"rank {rank}",
            "tid": span.stream,
            "ts": 1e6 * span.begin,
            "dur": 1e6 * (span.end - span.begin),
        }
        for rank, spans in enumerate(ranks)
        for span in spans
    ]
    return {"traceEvents": events, "displayTimeUnit": "ms"}
