"""A run that has ended and is only looked at: the engine serves journal and weights, and trains nothing."""

from __future__ import annotations

from typing import NoReturn

from engine.errors import ConvNetError, RunEndedError
from engine.log_lines import Line
from engine.protocol.messages import LogLevel, Progress, RankReading, RunState, Scalar
from engine.supervisor.run import RunRequest


class FinishedRun:
    """Stands where a :class:`engine.supervisor.run.Run` stands otherwise."""

    is_responding = True
    is_slow = False
    progress: Progress | None = None
    ranks: tuple[RankReading, ...] = ()

    def __init__(self, state: RunState) -> None:
        self.state = state

    def obey(self, request: RunRequest) -> NoReturn:
        """Refuse."""
        raise RunEndedError(state=self.state.value)

    def shut_down(self) -> None:
        """There is nothing to stop."""

    def log(self, level: LogLevel, line: Line, cause: ConvNetError | None = None, **fields: Scalar) -> None:
        """Keep the journal as it is."""

    def turn(self) -> None:
        """There is nothing to do."""
