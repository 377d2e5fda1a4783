"""Errors arrive as they were raised."""

from __future__ import annotations

import os
import string
from pathlib import Path

import msgspec
import pytest

from engine.errors import (
    ConvNetError,
    CycleError,
    DataError,
    FieldError,
    FileFormatError,
    InvalidFileError,
    InvalidNetworkError,
    ManyProblemsError,
    UnexpectedError,
    WorkerDiedError,
)
from engine.log_lines import Line
from engine.protocol.codec import encode, engine_frames
from engine.protocol.log_messages import log_message
from engine.protocol.messages import Entries, LogLine, Phrase, Problem, Reply
from engine.protocol.problems import describe, rebuild
from engine.words import Words


def all_kinds(kind: type[ConvNetError] = ConvNetError) -> list[type[ConvNetError]]:
    return [kind, *(deeper for child in kind.__subclasses__() for deeper in all_kinds(child))]


def travel(error: BaseException) -> ConvNetError:
    frame = engine_frames.decode(encode(Reply(1, describe(error))))
    assert isinstance(frame, Reply)
    assert isinstance(frame.answer, Problem)
    return rebuild(frame.answer)


@pytest.mark.parametrize("kind", [kind for kind in all_kinds() if not issubclass(kind, ManyProblemsError)])
def test_an_error_of_each_kind_arrives_with_its_sentence(kind: type[ConvNetError]) -> None:
    names = [name for _, name, _, _ in string.Formatter().parse(kind.template) if name]
    error = kind(**{name: 2.5 if name == "seconds" else f"the {name}" for name in names})
    arrived = travel(error)
    assert type(arrived) is kind
    assert str(arrived) == str(error)
    assert arrived.fields == error.fields


def test_words_with_names_in_them_arrive_with_their_template() -> None:
    inner = Words("exit code {code}", code=3)
    error = WorkerDiedError(reason=Words("{rank} ended: {reason}", rank="rank 1", reason=inner), log="")
    arrived = travel(error)
    assert str(arrived) == str(error)
    reason = arrived.fields["reason"]
    assert isinstance(reason, Words)
    assert (reason.template, str(reason)) == ("{rank} ended: {reason}", "rank 1 ended: exit code 3")
    assert isinstance(reason.fields["reason"], Words)


@pytest.mark.parametrize("template", ["{", "{x.__class__}", "{0}", "{x:>999999999}", "{x!r}", "{missing}"])
def test_a_template_of_another_engine_does_no_harm(template: str) -> None:
    """It is no format string: what is no name of a field stays as it is."""
    arrived = rebuild(Problem("TrainingError", {"message": Phrase(template, {"x": 1})}))
    assert str(arrived) == template


def test_all_problems_of_a_network_arrive() -> None:
    problems = (
        CycleError(layer="a", layers=("a", "b"), path="a → b → a"),
        FieldError(layer="c", field="size", expected="1 or more", found="0"),
    )
    arrived = travel(InvalidNetworkError(problems))
    assert isinstance(arrived, InvalidNetworkError)
    assert [problem.layers for problem in arrived.problems] == [("a", "b"), ("c",)]
    assert str(arrived) == str(InvalidNetworkError(problems))


def test_all_problems_of_files_arrive() -> None:
    error = InvalidFileError((FileFormatError(path="a", where="b", expected="c", found="d", hint=""),) * 2)
    arrived = travel(error)
    assert isinstance(arrived, InvalidFileError)
    assert str(arrived) == str(error)


def test_another_exception_arrives_as_a_fault_of_the_program() -> None:
    arrived = travel(ZeroDivisionError("division by zero"))
    assert isinstance(arrived, UnexpectedError)
    assert "ZeroDivisionError: division by zero" in str(arrived)


@pytest.mark.parametrize(
    "problem",
    [
        Problem("ErrorOfALaterVersion", {"a": 1}),
        Problem("FieldError", {}),
        Problem("ClassVar", {}),
        Problem("annotations", {}),
        Problem("DeviceError", {"device": "x", "self": 1}),
    ],
)
def test_what_cannot_be_rebuilt_is_still_an_error(problem: Problem) -> None:
    assert problem.code in str(rebuild(problem))


def test_fields_of_any_type_can_travel() -> None:
    error = FileFormatError(path=Path("x"), where="y", expected=(1, 2), found=[b"z"], hint="")
    fields = travel(error).fields
    assert (fields["path"], fields["expected"], fields["found"]) == ("x", (1, 2), ("b'z'",))


def test_names_of_files_that_are_no_text_travel_all_the_same() -> None:
    """In errors and lines of the log; their sender would die of one."""
    name = Path(os.fsdecode(b"caf\xe9.png"))
    error = DataError(source=name, expected="a picture", found=Words("{name}, broken", name=name), hint="")
    line = log_message("warning", Line.CHECKPOINT_DAMAGED, error)
    sent = msgspec.msgpack.decode(encode(Entries(1, (line,))), type=Entries).entries[0]
    assert isinstance(sent, LogLine)
    assert r"caf\udce9.png: " in sent.text
    assert r"found caf\udce9.png, broken" in str(rebuild(describe(error)))
