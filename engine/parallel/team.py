"""What the hosts of all ranks say to one another between programs."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.parallel.communicators.communicator import Communicator
from engine.parallel.communicators.single import Single

_Value = TypeVar("_Value")


class Team:
    """All ranks of a training, as one of them sees them; rank 0 leads. All must make each call.

    Raises RankError where another rank has failed.
    """

    def __init__(self, line: Communicator) -> None:
        self.line = line

    @property
    def leads(self) -> bool:
        """Whether this is rank 0, which alone decides, and speaks for all."""
        return self.line.rank == 0

    @property
    def is_alone(self) -> bool:
        """Whether this is the only rank."""
        return self.line.size == 1

    def share(self, value: _Value, kind: Any) -> _Value:
        """Return rank 0's ``value``, of a ``kind`` that msgspec knows; others may give anything."""
        if self.is_alone:
            return value
        followers = range(1, self.line.size)
        if self.leads:
            content = _encode(value)
            self._send(dict.fromkeys(followers, content))
            return value
        shared: _Value = msgspec.msgpack.decode(self._receive([0])[0], type=kind)
        return shared

    def gather(self, value: _Value, kind: Any) -> list[_Value]:
        """Return, on rank 0, what each rank gave, by rank; an empty list on all others."""
        if self.is_alone:
            return [value]
        if not self.leads:
            self._send({0: _encode(value)})
            return []
        contents = self._receive(list(range(1, self.line.size)))
        return [value, *(msgspec.msgpack.decode(content, type=kind) for content in contents)]

    def agree(self, value: _Value | None, kind: Any) -> _Value | None:
        """Return what the first rank gave that gave anything, on all ranks; None where none did."""
        given = [each for each in self.gather(value, kind) if each is not None]
        return self.share(given[0] if given else None, kind)

    def _send(self, contents: dict[int, NDArray[np.uint8]]) -> None:
        sizes = [(rank, np.array([content.size], np.int64)) for rank, content in contents.items()]
        self.line.exchange(sizes, [])
        self.line.exchange(list(contents.items()), [])

    def _receive(self, ranks: list[int]) -> list[bytes]:
        sizes = [(rank, np.empty(1, np.int64)) for rank in ranks]
        self.line.exchange([], sizes)
        contents = [(rank, np.empty(size[0], np.uint8)) for rank, size in sizes]
        self.line.exchange([], contents)
        return [content.tobytes() for _, content in contents]


def _encode(value: object) -> NDArray[np.uint8]:
    return np.frombuffer(msgspec.msgpack.encode(value), np.uint8)


ALONE = Team(Single())
"""One rank, which has nobody to agree with."""
