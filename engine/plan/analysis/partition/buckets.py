"""Sums gradients up over ranks, several at a time, as soon as they are ready."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.plan.types import Buffer

BUCKET_BYTES = 1024 * 1024
"""Gradients wait for others until there is so much to send: less is mostly latency, more starts late."""


@dataclass
class Buckets:
    """Gradients that are ready and not yet summed up, for each group of ranks."""

    _waiting: dict[tuple[int, ...], list[Buffer]] = field(default_factory=lambda: defaultdict(list))

    def add(self, gradient: Buffer) -> Iterator[list[Buffer]]:
        """Add a gradient that is ready; yield a bucket that is full by it."""
        bucket = self._waiting[gradient.ranks]
        bucket.append(gradient)
        if sum(waiting.nbytes(waiting.ranks[0]) for waiting in bucket) >= BUCKET_BYTES:
            yield self._waiting.pop(gradient.ranks)

    def empty(self) -> Iterator[list[Buffer]]:
        """Yield all buckets, full or not."""
        while self._waiting:
            _, bucket = self._waiting.popitem()
            yield bucket
