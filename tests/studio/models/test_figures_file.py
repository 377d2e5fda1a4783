"""The CSV file has every row, whatever the studio has joined to be drawn."""

import math

import numpy as np
import pytest

from engine.curves import NAMES, pack
from engine.errors import NoAnswerError, NoEngineError, RunReplacedError
from engine.protocol.messages import GetCurve, Overview
from studio.models import figures_file
from studio.models.figures_file import FiguresFile
from studio.models.run import RunModel
from tests.studio.fake_engine import FakeEngines, row, small_document


@pytest.fixture
def stage():
    engines = FakeEngines()
    run = RunModel(engines)
    run.train(small_document())
    return run, engines.link


def columns(steps, rows):
    found = {name: np.array(steps, float) for name in NAMES}
    return found | {"rows": np.full(len(steps), float(rows))}


def lines(path):
    return path.read_text().splitlines()


def test_rows_that_are_here_are_written_at_once(stage, tmp_path):
    run, link = stage
    link.journal(row(50, loss=0.5), row(100, loss=math.nan), row(100, split="test"))
    run.update()
    file, ends = FiguresFile(run, tmp_path / "a.csv"), []
    file.ended.connect(ends.append)
    file.begin()
    assert ends == [None]
    assert lines(tmp_path / "a.csv") == [
        "split,step,epoch,examples,seconds,loss,error,learning_rate",
        "train,50,0,1600,0.5,0.5,0.5,0.01",
        "train,100,1,3200,1.0,nan,0.5,0.01",
        "test,100,1,3200,1.0,1.0,0.5,0.01",
    ]


@pytest.fixture
def long(stage, monkeypatch):
    """A run of 100 rows, of which the studio has 10 points, asked for in parts of 30 rows."""
    run, link = stage
    monkeypatch.setattr(figures_file, "PART", 30)
    link.arrivals.append(Overview(100, (), (pack("train", columns(range(10, 101, 10), 10)),)))
    link.sequence = 100
    run.update()
    return run, link


def serve(run, link):
    """Answer requests for parts until there are no more; return the spans that were asked for."""
    spans = []
    while len(asked := [request for request in link.asked if isinstance(request, GetCurve)]) > len(spans):
        spans.append((asked[-1].first, asked[-1].last))
        link.answer_last(pack("train", columns(range(max(1, asked[-1].first), asked[-1].last + 1), 1)))
        run.update()
    return spans


def test_rows_that_were_joined_are_asked_for_in_parts(long, tmp_path):
    run, link = long
    file, news, ends = FiguresFile(run, tmp_path / "a.csv"), [], []
    file.advanced.connect(news.append)
    file.ended.connect(ends.append)
    file.begin()
    assert file.rows == 100
    assert not (tmp_path / "a.csv").exists()
    assert serve(run, link) == [(0, 30), (31, 60), (61, 90), (91, 100)]
    assert news == [30, 60, 90, 100]
    assert ends == [None]
    steps = [int(line.split(",")[1]) for line in lines(tmp_path / "a.csv")[1:]]
    assert steps == list(range(1, 101))
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize("how", ["cancelled", "no answer", "no engine", "another run"])
def test_what_was_there_stays_where_the_writing_did_not_end(long, tmp_path, how):
    run, link = long
    path = tmp_path / "a.csv"
    path.write_text("before")
    file, ends = FiguresFile(run, path), []
    file.ended.connect(ends.append)
    if how == "no engine":
        run.detach()
    file.begin()
    if how == "cancelled":
        file.cancel()
    elif how == "no answer":
        link.answer_last(NoAnswerError(seconds=30.0))
        run.update()
    elif how == "another run":
        run.train(small_document())
    expected = {"no answer": NoAnswerError, "no engine": NoEngineError, "another run": RunReplacedError}
    assert [type(end) for end in ends] == [expected.get(how, type(None))]
    assert path.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_folder_that_is_not_there_is_told(stage, tmp_path):
    run, link = stage
    link.journal(row(50))
    run.update()
    file, ends = FiguresFile(run, tmp_path / "none" / "a.csv"), []
    file.ended.connect(ends.append)
    file.begin()
    assert isinstance(ends[0], FileNotFoundError)
