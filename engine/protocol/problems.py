"""Errors, and the words that they hold, to messages and back."""

from __future__ import annotations

from collections.abc import Mapping

from engine import errors
from engine.errors import ConvNetError, ManyProblemsError, ProtocolError, UnexpectedError
from engine.protocol.messages import Phrase, Problem, Scalar, Value
from engine.words import Words, encodable


def describe(error: BaseException) -> Problem:
    """Return the message for an error; one that is no ConvNetError is a fault of the program."""
    if isinstance(error, ManyProblemsError):
        return Problem(error.code, {}, tuple(describe(problem) for problem in error.problems))
    if not isinstance(error, ConvNetError):
        error = UnexpectedError(kind=type(error).__name__, message=str(error))
    return Problem(error.code, {name: value_of(field) for name, field in error.fields.items()})


def rebuild(problem: Problem) -> ConvNetError:
    """Return the error of a message; a code that this version does not know is a plain ProtocolError."""
    kind = getattr(errors, problem.code, None)
    try:
        if isinstance(kind, type) and issubclass(kind, ManyProblemsError):
            parts = [rebuild(part) for part in problem.problems]
            return kind(tuple(part for part in parts if isinstance(part, kind.part)))
        if isinstance(kind, type) and issubclass(kind, ConvNetError):
            return kind(**fields_of(problem.fields))
    except (KeyError, IndexError, ValueError, TypeError, AttributeError):
        pass
    return ProtocolError(message=f"{problem.code}: {problem.fields}")


def phrase_of(words: str) -> Phrase:
    """Return words as they travel."""
    if not isinstance(words, Words):
        return Phrase(encodable(str(words)), {})
    return Phrase(words.template, {name: _part(field) for name, field in words.fields.items()})


def words_of(phrase: Phrase) -> Words:
    """Return the words of a phrase."""
    return Words(phrase.template, **fields_of(phrase.fields))


def value_of(field: object) -> Value:
    """Return the field of an error, or of a line of the log, as it travels."""
    if isinstance(field, tuple | list):
        return tuple(_scalar(part) for part in field)
    return _part(field)


def fields_of(values: Mapping[str, Value]) -> dict[str, object]:
    """Return the fields of an error, or of a line of the log, as they were."""
    return {name: words_of(value) if isinstance(value, Phrase) else value for name, value in values.items()}


def _part(field: object) -> Scalar | Phrase:
    return phrase_of(field) if isinstance(field, Words) else _scalar(field)


def _scalar(field: object) -> Scalar:
    return field if isinstance(field, int | float | None) else encodable(str(field))
