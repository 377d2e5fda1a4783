"""Communication on the processor that goes on beside computation: a thread of its own does it."""

from __future__ import annotations

import queue
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.runtime.device import Call, Step

_PATIENCE = 5.0  # s that errands may take to end after something has gone wrong


@dataclass
class _Errand:
    """A call that the thread has been handed."""

    call: Call
    done: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None

    def run(self) -> bool:
        """Do it; returns whether it went well."""
        try:
            self.call()
        except BaseException as error:
            self.error = error
        self.done.set()
        return self.error is None

    def refuse(self) -> None:
        """Do nothing: others would wait for what an earlier one did not do."""
        self.error = RuntimeError("communication has failed before")
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
    is_well = True
    while (errand := errands.get()) is not None:
        if is_well:
            is_well = errand.run()
        else:
            errand.refuse()
        del errand  # whose error may hold, by its traceback, who would end this thread


def beside(steps: Sequence[Step], messenger: Messenger) -> Call:
    """Return the call that does ``steps`` in order, communication by the messenger while computation goes on.

    A step that is waited for at once is done at once: handing it over would only cost time. All
    communication keeps its order.
    """
    at_once = {place for place, step in enumerate(steps) if _is_urgent(steps, place, step)}

    def run() -> None:
        under_way: dict[int, _Errand] = {}
        try:
            for place, step in enumerate(steps):
                if step.stream == "communication" and place not in at_once:
                    under_way[place] = messenger.hand(step.call)
                    continue
                # What the thread does is done in order: all before the last of what is needed is, too.
                needed = under_way if step.stream == "communication" else under_way.keys() & set(step.after)
                _wait_for(under_way, max(needed, default=-1))
                step.call()
            _wait_for(under_way, len(steps))
        finally:
            for errand in under_way.values():  # after an error: who handles it may touch what these write
                errand.done.wait(_PATIENCE)

    return run


def _wait_for(under_way: dict[int, _Errand], last: int) -> None:
    """Wait for all errands up to a place, in order; raises what the first that failed has raised."""
    for place in [place for place in under_way if place <= last]:
        under_way.pop(place).wait()


def _is_urgent(steps: Sequence[Step], place: int, step: Step) -> bool:
    """Whether the next computation waits for a step, or there is none."""
    following = next((other for other in steps[place + 1 :] if other.stream != "communication"), None)
    return step.stream == "communication" and (following is None or place in following.after)
