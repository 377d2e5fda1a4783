"""The process that keeps the runs in order, asked as the studio asks it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.curves import unpack
from engine.errors import ConvNetError, ProtocolError, RunFolderError
from engine.library.__main__ import answer
from engine.protocol.library import (
    ChangeRun,
    EmptyTrash,
    LibraryAnswer,
    ListRuns,
    ReadRun,
    RunFigures,
    Runs,
    answers,
)
from engine.protocol.messages import Done, Edited, Fork, MetricRow, Rewound, RunState, Site, StateChanged
from engine.store.journal import Journal
from engine.store.run_folder import RUNS_VARIABLE, RunFolder, hold_engine
from studio.services.helper import Helper


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(RUNS_VARIABLE, str(tmp_path / "runs"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "runs"


def row(step: int, split: Any, loss: float, error: float) -> MetricRow:
    return MetricRow(step, step // 10, step, step / 10, split, loss, error, 0.1)


def make(runs: Path, name: str, *entries: Any, fork: Fork | None = None) -> str:
    folder, hold = RunFolder.create(runs / name, name, "{}", runs, Site("cpu"), fork)
    hold.release()
    journal = Journal(folder.journal)
    journal.append(entries)
    journal.close()
    return str(folder.path)


def listed() -> Runs:
    found = answer(ListRuns())
    assert isinstance(found, Runs)
    return found


def test_a_card_tells_state_errors_and_origin(runs: Path) -> None:
    fork = Fork("/elsewhere", 3)
    make(
        runs,
        "a",
        row(10, "train", 1.0, 0.5),
        row(10, "validation", 1.0, 0.25),
        row(20, "validation", float("nan"), float("nan")),
        row(20, "train", float("nan"), 0.75),
        row(30, "validation", 1.0, 0.125),
        Rewound(20),
        StateChanged(1.0, RunState.STOPPED),
        fork=fork,
    )
    (card,) = listed().cards
    assert (card.state, card.validation_error, card.test_error) == (RunState.STOPPED, 0.25, None)
    assert (card.step, card.seconds, card.fork, card.connection) == (20, 2.0, fork, None)


def test_a_run_that_ended_without_a_word_has_no_state_and_damage_is_left_out(runs: Path) -> None:
    make(runs, "a", StateChanged(1.0, RunState.TRAINING))
    damaged = Path(make(runs, "b"))
    (damaged / "run.sqlite").write_bytes(b"no journal" * 100)
    (runs / "c").mkdir()
    assert [(card.name, card.state) for card in listed().cards] == [("a", None)]


def test_notes_are_kept_and_the_trash_is_emptied_of_its_runs_alone(runs: Path) -> None:
    kept, thrown = make(runs, "kept"), make(runs, "thrown")
    answer(ChangeRun(kept, " Best ", ("x", "x", "y"), False))
    answer(ChangeRun(thrown, "", (), True))
    assert {card.name: (card.title, card.tags, card.in_trash) for card in listed().cards} == {
        "kept": ("Best", ("x", "y"), False),
        "thrown": ("", (), True),
    }
    answer(EmptyTrash())
    assert [card.name for card in listed().cards] == ["kept"]
    assert not Path(thrown).exists()


def test_a_run_in_the_trash_that_is_gone_on_with_stays(runs: Path) -> None:
    thrown = Path(make(runs, "thrown"))
    answer(ChangeRun(str(thrown), "", (), True))
    hold = hold_engine(thrown)
    answer(EmptyTrash())
    assert thrown.exists()
    hold.release()
    answer(EmptyTrash())
    assert not thrown.exists()


@pytest.mark.parametrize("path", ["..", "kept/..", "/etc", "kept/../kept"])
def test_other_folders_than_those_listed_are_left_alone(runs: Path, path: str) -> None:
    make(runs, "kept")
    for request in (ChangeRun(f"{runs}/{path}", "x", (), True), ReadRun(f"{runs}/{path}")):
        with pytest.raises(RunFolderError):
            answer(request)


def test_figures_are_joined_into_points_and_end_with_the_newest(runs: Path) -> None:
    rows = [row(step, "train", 1.0 if step != 500 else 9.0, 0.5) for step in range(1, 1001)]
    edit = Edited(7, "rate", 0.1, 0.2)
    folder = make(runs, "a", *rows, row(1000, "test", 2.0, 0.25), edit)
    figures = answer(ReadRun(folder, 10))
    assert isinstance(figures, RunFigures)
    assert figures.edits == (edit,)
    train, test = (unpack(curve) for curve in figures.curves)
    assert len(train["step"]) <= 10
    assert (train["rows"].sum(), train["step"][-1], train["loss_high"].max()) == (1000, 1000, 9.0)
    assert test["loss"].tolist() == [2.0]
    whole = answer(ReadRun(folder))
    assert isinstance(whole, RunFigures)
    assert unpack(whole.curves[0])["loss"].tolist() == [each.loss for each in rows]


# ---- As a process ------------------------------------------------------------------------------------------


@pytest.fixture
def library() -> Iterator[Helper[LibraryAnswer]]:
    helper = Helper("engine.library", answers, lambda: None)
    yield helper
    helper.close()


def ask(library: Helper[LibraryAnswer], request: msgspec.Struct) -> LibraryAnswer | ConvNetError:
    got: list[LibraryAnswer | ConvNetError] = []
    library.ask(request, got.append)
    deadline = time.monotonic() + 30.0
    while not got and time.monotonic() < deadline:
        library.update()
        threading.Event().wait(0.01)
    return got[0]


def test_the_process_answers_tells_errors_and_comes_back_after_a_death(
    runs: Path, library: Helper[LibraryAnswer]
) -> None:
    folder = make(runs, "a")
    assert ask(library, ChangeRun(folder, "x", (), False)) == Done()
    assert isinstance(ask(library, ReadRun("/etc")), RunFolderError)
    library.cancel()
    first = ask(library, ListRuns())
    second = first if isinstance(first, Runs) else ask(library, ListRuns())
    assert isinstance(first, Runs | ProtocolError)
    assert isinstance(second, Runs)
    assert second.cards[0].title == "x"
