"""Errors to messages and back."""

from __future__ import annotations

from engine import errors
from engine.errors import ConvNetError, ManyProblemsError, ProtocolError, UnexpectedError
from engine.protocol.messages import Problem, Scalar, Value


def describe(error: BaseException) -> Problem:
    """Return the message for an error; one that is no ConvNetError is a fault of the program."""
    if isinstance(error, ManyProblemsError):
        return Problem(error.code, {}, tuple(describe(problem) for problem in error.problems))
    if not isinstance(error, ConvNetError):
        error = UnexpectedError(kind=type(error).__name__, message=str(error))
    return Problem(error.code, {name: _value(field) for name, field in error.fields.items()})


def rebuild(problem: Problem) -> ConvNetError:
    """Return the error of a message; a code that this version does not know is a plain ProtocolError."""
    kind = getattr(errors, problem.code, None)
    try:
        if isinstance(kind, type) and issubclass(kind, ManyProblemsError):
            parts = [rebuild(part) for part in problem.problems]
            return kind(tuple(part for part in parts if isinstance(part, kind.part)))
        if isinstance(kind, type) and issubclass(kind, ConvNetError):
            return kind(**problem.fields)
    except (KeyError, IndexError, ValueError, TypeError, AttributeError):
        pass
    return ProtocolError(message=f"{problem.code}: {problem.fields}")


def _value(field: object) -> Value:
    if isinstance(field, tuple | list):
        return tuple(_scalar(part) for part in field)
    return _scalar(field)


def _scalar(field: object) -> Scalar:
    return field if isinstance(field, str | int | float | None) else str(field)
