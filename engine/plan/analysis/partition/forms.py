"""The forms that a buffer can have on the ranks."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.plan.types import BATCH, PERSISTENT, Buffer, Rows, Shares


@dataclass(frozen=True)
class Form:
    """Which ranks hold a buffer, how its axes are shared out, and whether each holds a term of a sum.

    ``rows`` and ``pass_index`` tell which rows of the batch it counts, as in :class:`Buffer`.
    """

    ranks: tuple[int, ...]
    sharding: tuple[Shares | None, ...]
    partial: bool = False
    rows: Rows = ()
    pass_index: int | None = None

    @property
    def whole(self) -> bool:
        """Whether each rank holds all of it, rather than a share or a term."""
        return not self.partial and not any(self.sharding)

    def give(self, buffer: Buffer, name: str) -> Buffer:
        """Return ``buffer`` in this form under another name."""
        shape = buffer.shape
        if self.rows and is_batch(buffer):
            shape = (sum(last - first for first, last in self.rows), *shape[1:])
        return replace(
            buffer,
            name=name,
            shape=shape,
            ranks=self.ranks,
            sharding=self.sharding,
            partial=self.partial,
            rows=self.rows,
            pass_index=self.pass_index,
        )


def is_batch(buffer: Buffer) -> bool:
    """Whether a buffer has a row for each example of a batch."""
    return BATCH in buffer.axes[:1]


def transient(buffer: Buffer) -> Buffer:
    """Return the buffer as one that ends with its program, for a copy in another form."""
    return replace(buffer, role="activation") if buffer.role in PERSISTENT else buffer
