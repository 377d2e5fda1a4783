"""Where on a plot something happened."""

import time

import pytest
from PySide6.QtCore import QPointF

from engine.protocol.messages import CheckpointKept, Edited
from studio.models.curves import Curves
from studio.models.run import RunModel
from studio.qt import theme
from studio.qt.dashboard.mark_lines import PlacedMark
from studio.qt.dashboard.plot import Plot
from tests.studio.fake_engine import FakeEngines


@pytest.fixture
def plot(qtbot):
    """A plot of the places from 0 to 1000."""
    plot = Plot(Curves(RunModel(FakeEngines())), "loss")
    qtbot.addWidget(plot)
    plot.resize(460, 260)
    plot.show()
    plot.getViewBox().setXRange(0, 1000, padding=0)
    return plot


def columns(plot, colour):
    """The columns of pixels that have a colour just above the axis."""
    image = plot.grab().toImage()
    foot = plot.getViewBox().mapViewToScene(QPointF(0, plot.getViewBox().viewRange()[1][0])).y()
    return [x for x in range(image.width()) if image.pixelColor(x, round(foot) - 3) == theme.colour(colour)]


def column_of(plot, place):
    return plot.getViewBox().mapViewToScene(QPointF(place, 0)).x()


def test_checkpoints_have_a_tick_and_edits_a_line(plot):
    plot.show_marks(
        [PlacedMark(place, CheckpointKept(7)) for place in (250.0, 250.1, 750.0)]
        + [PlacedMark(500.0, Edited(8, "rate", 0.1, 0.2)), PlacedMark(1200.0, CheckpointKept(9))]
    )
    assert columns(plot, "secondary") == pytest.approx([column_of(plot, 250), column_of(plot, 750)], abs=1)
    image = plot.grab().toImage()
    middle = round(column_of(plot, 500))
    line = {image.pixelColor(middle + x, y).name() for x in (-1, 0, 1) for y in range(20, 230)}
    assert theme.colour("accent").name() in line


def test_thousands_of_checkpoints_are_painted_within_a_frame(plot):
    plot.show_marks([PlacedMark(place / 10, CheckpointKept(place)) for place in range(10_000)])
    assert len(columns(plot, "secondary")) > 380
    times = []
    for _ in range(5):
        begun = time.thread_time()
        plot.grab()
        times.append(time.thread_time() - begun)
    assert min(times) < 0.03
