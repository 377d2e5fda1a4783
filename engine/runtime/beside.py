"""Communication on the processor that goes on beside computation: a thread of its own does it."""

from __future__ import annotations

import queue
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.runtime.device import Call, Step


@dataclass
class _Errand:
    """A call that the thread has been handed."""

    call: Call
    done: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None

    def run(self) -> None:
        try:
            self.call()
        except BaseException as error:
            self.error = error
        self.done.set()

    def wait(self) -> None:
        """Wait until it is done; raises what it has raised."""
        self.done.wait()
        if self.error is not None:
            raise self.error


class Messenger:
    """A thread that does calls one after the other, as long as there is somebody to hand it any."""

    def __init__(self) -> None:
        self._errands: queue.SimpleQueue[_Errand | None] = queue.SimpleQueue()
        thread = threading.Thread(target=_work, args=(self._errands,), name="messenger", daemon=True)
        thread.start()
        weakref.finalize(self, self._errands.put, None)

    def hand(self, call: Call) -> _Errand:
        """Have a call done after those before."""
        errand = _Errand(call)
        self._errands.put(errand)
        return errand


def _work(errands: queue.SimpleQueue[_Errand | None]) -> None:
    while (errand := errands.get()) is not None:
        errand.run()


def beside(steps: Sequence[Step], messenger: Messenger) -> Call:
    """Return the call that does ``steps`` in order, communication by the messenger while computation goes on.

    A step that is waited for at once is done at once: handing it over would only cost time. All
    communication keeps its order.
    """
    at_once = {place for place, step in enumerate(steps) if _is_urgent(steps, place, step)}

    def run() -> None:
        under_way: dict[int, _Errand] = {}
        for place, step in enumerate(steps):
            if step.stream == "communication" and place not in at_once:
                under_way[place] = messenger.hand(step.call)
                continue
            # What the thread does is done in order: the last of what is needed is after all others.
            needed = under_way if step.stream == "communication" else under_way.keys() & set(step.after)
            if needed:
                under_way[max(needed)].wait()
                under_way = {other: errand for other, errand in under_way.items() if other > max(needed)}
            step.call()
        if under_way:
            under_way[max(under_way)].wait()

    return run


def _is_urgent(steps: Sequence[Step], place: int, step: Step) -> bool:
    """Whether the next computation waits for a step, or there is none."""
    following = next((other for other in steps[place + 1 :] if other.stream != "communication"), None)
    return step.stream == "communication" and (following is None or place in following.after)
