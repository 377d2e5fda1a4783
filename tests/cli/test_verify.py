"""``convnet verify`` and ``convnet describe --split`` from the command line's side."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from engine.cli.__main__ import app
from engine.training import verification
from tests.parallel.networks import EXAMPLES

DIGITS = str(EXAMPLES / "digits.convnet")


def _run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output or str(result.exception)


def test_a_split_that_gives_the_same_answer_exits_with_0() -> None:
    code, text = _run(
        "verify", DIGITS, "--devices", "cpu:3", "--split", "hybrid-c", "--steps", "3", "--batch-size", "9"
    )
    assert code == 0
    assert "the same answer" in text
    assert "conv1.weights" in text


def test_a_split_that_gives_another_answer_exits_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "_deviation", lambda *_: 2e-10)
    code, text = _run("verify", DIGITS, "--steps", "1", "--batch-size", "4")
    assert code == 1
    assert "another answer" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--devices", "cpu:0"), "expected 1 to 26 devices"),
        (("--devices", "gpu:2"), "cpu:N for N ranks"),
        (("--split", "hybrid-d"), "data, model, hybrid"),
        (("--split", "one device"), "over 2 devices"),
    ],
)
def test_devices_and_splits_that_are_not_there_are_named(options: tuple[str, ...], message: str) -> None:
    _, text = _run("verify", DIGITS, *options)
    assert message in text


def test_describe_shows_the_plan_of_every_rank_under_a_split() -> None:
    code, text = _run("describe", DIGITS, "--plan", "--split", "hybrid", "--devices", "cpu:2")
    assert code == 0
    assert text.count("program train: 2 ranks send") == 2
