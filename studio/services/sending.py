"""Sends the data of a training to the computer that shall train, unless they are there."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from engine.errors import DataNotFoundError, SendingStoppedError
from engine.graph.network_file import dumps, loads
from engine.protocol.computer import CHUNK, AnswerOf, Chunk, ComputerRequest, Held, Offer
from engine.protocol.parcel import Parcel
from engine.words import Words
from studio.services.client import EngineClient
from studio.services.link import Sending, TrainingOrder

_TELL_EVERY: Final = 0.1  # s


class Ask(Protocol):
    """Asks the other computer and waits; raises ConvNetError."""

    def __call__(self, request: ComputerRequest, kind: type[AnswerOf], /) -> AnswerOf: ...


def send_data(order: TrainingOrder, known: tuple[str, ...], ask: Ask, client: EngineClient) -> str:
    """Return the network as the other computer shall train it, once its data are there.

    Data of this computer are sent, from where an earlier sending was cut off; a path that leads nowhere here
    must be one of the data sets ``known`` there. Raises DataError, ComputerError, SendingStoppedError.
    """
    network = loads(order.network)
    data = network.data
    if data.source != "path" or not data.path or order.fork is not None:
        return order.network
    path = Path(order.base) / data.path
    if not path.exists():
        if data.path in known:
            return order.network
        raise DataNotFoundError(
            source=data.path,
            expected="data on this computer, or one of the data sets of the other",
            hint=Words("Correct the path. There: {names}.", names=", ".join(known) or "–"),
        )
    held = _send(Parcel(path), ask, _Teller(client))
    return dumps(dataclasses.replace(network, data=dataclasses.replace(data, path=held)))


def _send(parcel: Parcel, ask: Ask, tell: Callable[[int, int, bool], None]) -> str:
    """Send what is missing; return the data's path there."""
    digest = parcel.sha256(lambda done: tell(done, parcel.size, True))
    held = ask(Offer(parcel.name[:200], parcel.suffix, parcel.size, digest), Held)
    while held.path is None:
        tell(held.offset, parcel.size, False)
        held = ask(Chunk(held.offset, parcel.read(held.offset, CHUNK)), Held)
    return held.path


class _Teller:
    """Tells the studio how far it is, now and then, and gives up when the person does."""

    def __init__(self, client: EngineClient) -> None:
        self._client = client
        self._next = 0.0
        self._first: tuple[float, int] | None = None  # when sending began, and how much was there

    def __call__(self, done: int, total: int, is_reading: bool) -> None:
        if self._client.is_closing:
            raise SendingStoppedError
        if time.monotonic() > self._next:
            self._next = time.monotonic() + _TELL_EVERY
            self._client.tell(Sending(done, total, is_reading, self._left(done, total, is_reading)))

    def _left(self, done: int, total: int, is_reading: bool) -> float | None:
        if is_reading:
            return None
        begun, before = self._first = self._first or (time.monotonic(), done)
        if done == before:
            return None
        return (total - done) * (time.monotonic() - begun) / (done - before)
