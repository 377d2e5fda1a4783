"""The log of a run: the engine's own lines, and its states."""

from __future__ import annotations

from collections import deque
from typing import Final

from engine.protocol.messages import Entry, LogLine, RunState, StateChanged

LOG_LINES: Final = 10_000
"""Lines of the log that are kept to be looked at; the run folder holds all of them."""

LogEntry = LogLine | StateChanged
"""What the log tells of: the engine's own lines, and its states."""

_ALTERNATING = frozenset({RunState.TRAINING, RunState.TESTING})


class RunLog:
    """The newest lines of the log, rising."""

    def __init__(self) -> None:
        self.lines: deque[LogEntry] = deque(maxlen=LOG_LINES)
        self.total = 0  # lines so far, those included that are not kept any more
        self._state: RunState | None = None

    def take(self, entry: Entry) -> bool:
        """Take an entry of the journal; return whether it is told of. Each measuring of the error is not."""
        if not isinstance(entry, LogLine | StateChanged):
            return False
        if isinstance(entry, StateChanged):
            before, self._state = self._state, entry.state
            if {before, entry.state} <= _ALTERNATING:
                return False
        self.lines.append(entry)
        self.total += 1
        return True
