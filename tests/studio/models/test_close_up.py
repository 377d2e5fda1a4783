"""What is looked at closely is asked of the engine, once, and only where the studio has less."""

import numpy as np
import pytest

from engine.curves import NAMES, pack
from engine.errors import NoAnswerError
from engine.protocol.messages import GetCurve, Overview, Rewound
from studio.models.curves import Curves
from studio.models.run import RunModel
from tests.studio.fake_engine import FakeEngines, row, small_document


def points(steps, rows, loss=1.0):
    columns = {name: np.full(len(steps), loss) for name in NAMES}
    columns |= {"step": np.array(steps, float), "rows": np.full(len(steps), float(rows))}
    columns["seconds"] = columns["step"] / 100
    return pack("train", columns)


@pytest.fixture
def stage():
    """A run of 10,000 steps, of which the studio has 100 points."""
    engines = FakeEngines()
    run = RunModel(engines)
    run.train(small_document())
    engines.link.arrivals.append(Overview(10_000, (), (points(range(100, 10_001, 100), 100),)))
    engines.link.sequence = 10_000
    run.update()
    curves = Curves(run)
    curves.axis = "step"
    curves.smoothing = 0.0
    return run, engines.link, curves


def asked(link):
    return [request for request in link.asked if isinstance(request, GetCurve)]


def answer(run, link, first, last, loss=7.0):
    link.answer_last(points(range(first, last + 1), 1, loss))
    run.update()


def test_a_part_is_shown_row_by_row_once_it_has_come(stage):
    run, link, curves = stage
    news = []
    curves.close_up.changed.connect(lambda: news.append(1))
    curves.look_at(500, 600)
    curves.look_at(500, 600)
    (request,) = asked(link)
    assert request.split == "train"
    assert (request.first, request.last) == (500, 601)
    answer(run, link, 500, 601)
    assert news == [1]
    curve = curves.raw("train", "loss", 500, 600)
    assert curve.x.tolist() == list(range(500, 602))
    assert (curve.y == 7.0).all()
    curves.look_at(520, 550)  # lies in what is there
    assert len(asked(link)) == 1
    assert curves.raw("train", "loss").x.tolist()[:2] == [100, 100]


@pytest.mark.parametrize(("axis", "low", "high"), [("time", 5.0, 6.0), ("step", 500, 600)])
def test_the_part_is_found_on_each_axis(stage, axis, low, high):
    run, link, curves = stage
    curves.axis = axis
    curves.look_at(low, high)
    answer(run, link, asked(link)[0].first, asked(link)[0].last)
    assert len(curves.raw("train", "loss", low, high).x) > 90


def test_nothing_is_asked_where_all_rows_are_here(stage):
    run, link, curves = stage
    link.journal(*(row(step) for step in range(10_001, 10_200)))
    run.update()
    curves.look_at(10_050, 10_150)
    assert asked(link) == []


def test_a_running_mean_has_what_comes_before_the_part(stage):
    _, link, curves = stage
    curves.smoothing = 0.1  # of 10,000 steps
    curves.look_at(5000, 5100)
    assert asked(link)[0].first == 4000


def test_after_going_back_the_part_is_asked_anew(stage):
    run, link, curves = stage
    curves.look_at(500, 600)
    answer(run, link, 500, 601)
    link.journal(Rewound(3000))
    run.update()
    assert (curves.raw("train", "loss", 500, 600).y == 1.0).all()
    curves.look_at(500, 600)
    assert len(asked(link)) == 2


def test_a_part_that_is_refused_is_not_asked_without_end(stage):
    run, link, curves = stage
    curves.look_at(500, 600)
    link.answer_last(NoAnswerError(seconds=30.0))
    run.update()
    curves.look_at(500, 600)
    assert len(asked(link)) == 1


def test_another_run_has_parts_of_its_own(stage):
    run, link, curves = stage
    curves.look_at(500, 600)
    answer(run, link, 500, 601)
    run.train(small_document())
    assert len(curves.raw("train", "loss", 500, 600).x) == 0
