"""Ranks as threads of one process: every split can be tested on one machine."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.errors import RankError
from engine.parallel.communicators.communicator import Communicator, Message
from engine.parallel.communicators.summing import summer

_Result = TypeVar("_Result")


class _Post:
    """Messages under way, by sender and receiver."""

    def __init__(self) -> None:
        self._boxes: dict[tuple[int, int], deque[NDArray[Any]]] = defaultdict(deque)
        self._changed = threading.Condition()
        self._failed: int | None = None

    def put(self, sender: int, receiver: int, array: NDArray[Any]) -> None:
        """Hand over a message, which is the receiver's from now on."""
        with self._changed:
            self._boxes[sender, receiver].append(array)
            self._changed.notify_all()

    def take(self, sender: int, receiver: int) -> NDArray[Any]:
        """Wait for the next message; raises RankError once a rank has failed."""
        box = self._boxes[sender, receiver]
        with self._changed:
            self._changed.wait_for(lambda: box or self._failed is not None)
            if self._failed is not None:
                raise RankError(rank=self._failed, reason="it has failed")
            return box.popleft()

    def fail(self, rank: int) -> None:
        """Let no rank wait any more, since ``rank`` has failed."""
        with self._changed:
            self._failed = rank if self._failed is None else self._failed
            self._changed.notify_all()


class LocalCommunicator:
    """The line of one of several ranks that are threads."""

    can_be_captured = False
    for_any_thread = True

    def __init__(self, rank: int, size: int, post: _Post) -> None:
        self.rank = rank
        self.size = size
        self._post = post

    def for_gpu(self) -> Communicator:
        """Return this one: threads hand over arrays of a GPU that they share."""
        return self

    def exchange(self, sends: Sequence[Message], receives: Sequence[Message]) -> None:
        """Send and receive arrays; raises RankError where another rank has failed."""
        copies = [(receiver, array.copy()) for receiver, array in sends]
        _finish(copies)
        for receiver, array in copies:
            self._post.put(self.rank, receiver, array)
        taken = [(array, self._post.take(sender, self.rank)) for sender, array in receives]
        for array, message in taken:
            np.copyto(array, message)
        _finish(receives)

    def summer(self, arrays: Sequence[NDArray[Any]], ranks: Sequence[int]) -> Callable[[], None]:
        """Return a call that sums arrays up over ranks."""
        return summer(self, arrays, ranks)


def _finish(messages: Sequence[Message]) -> None:
    """Wait for what was asked of a GPU, where arrays lie on one: other threads cannot wait for it."""
    if any(not isinstance(array, np.ndarray) for _, array in messages):
        import cupy

        cupy.cuda.get_current_stream().synchronize()


def run_ranks(size: int, work: Callable[[LocalCommunicator], _Result]) -> list[_Result]:
    """Run ``work`` on ``size`` ranks at once and return what it returned, by rank.

    Raises what the first rank that failed has raised; the others end at their next exchange.
    """
    post = _Post()

    def guarded(rank: int) -> _Result:
        try:
            return work(LocalCommunicator(rank, size, post))
        except BaseException:
            post.fail(rank)
            raise

    with ThreadPoolExecutor(size, thread_name_prefix="rank") as threads:
        futures = [threads.submit(guarded, rank) for rank in range(size)]
    errors = [error for error in (future.exception() for future in futures) if error is not None]
    if errors:
        raise next((error for error in errors if not isinstance(error, RankError)), errors[0])
    return [future.result() for future in futures]
