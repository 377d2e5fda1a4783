"""How a model tells its views that it changed, without Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

Arguments = ParamSpec("Arguments")


class Event(Generic[Arguments]):
    """A list of listeners that are called, in the order in which they connected, when the model emits.

    All calls happen on the thread that emits; models are used on the main thread only.
    """

    def __init__(self) -> None:
        self._listeners: list[Callable[Arguments, object]] = []

    def connect(self, listener: Callable[Arguments, object]) -> None:
        """Call ``listener`` at every emission from now on."""
        self._listeners.append(listener)

    def disconnect(self, listener: Callable[Arguments, object]) -> None:
        """Call ``listener`` no more. Raises ValueError where it was not connected."""
        self._listeners.remove(listener)

    def emit(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        """Call all listeners. One that connects or disconnects meanwhile counts from the next emission."""
        for listener in tuple(self._listeners):
            listener(*args, **kwargs)
