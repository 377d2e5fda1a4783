"""Ctrl+C, and what else asks this program to leave."""

from __future__ import annotations

import signal


class Interrupts:
    """``asked`` is set by the first Ctrl+C; once that was ``obeyed``, another raises KeyboardInterrupt.

    A terminal that closes, and ``kill``, are as good as Ctrl+C: a run is not left behind unwatched.
    """

    def __init__(self) -> None:
        self.asked = False
        self.obeyed = False
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._take)

    def _take(self, _number: int, _frame: object) -> None:
        if self.obeyed:
            raise KeyboardInterrupt
        self.asked = True
