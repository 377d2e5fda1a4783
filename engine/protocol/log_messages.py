"""Lines of the log to messages."""

from __future__ import annotations

import time

from engine.errors import ConvNetError
from engine.log_lines import Line
from engine.protocol.messages import LogLevel, LogLine, Scalar
from engine.protocol.problems import describe, value_of
from engine.words import encodable

_LONGEST = 10_000  # characters, as LogLine has it


def log_message(level: LogLevel, line: Line, cause: ConvNetError | None = None, **fields: Scalar) -> LogLine:
    """Return the message for a line that is told now."""
    problem = None if cause is None else describe(cause)
    text = encodable(sentence(line, cause, **fields))
    told = {name: value_of(field) for name, field in fields.items()}
    return LogLine(time.time(), level, text[:_LONGEST], line.name, told, problem)


def sentence(line: Line, cause: ConvNetError | None = None, **fields: Scalar) -> str:
    """Return a line as the English sentence."""
    return line.value.format(**fields, cause=cause)


def output_message(text: str) -> LogLine:
    """Return the message for what a training process printed."""
    return LogLine(time.time(), "info", text[:_LONGEST])
