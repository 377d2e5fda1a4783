"""The comparison of runs below their list."""

from PySide6.QtGui import QPainter, QPicture

from engine.protocol.messages import Edited
from studio.models.runs import MOST_COMPARED
from studio.qt.runs.compare_view import CompareView, _pen
from tests.studio.fake_engine import row
from tests.studio.models.test_runs import card, figures, listed


def test_the_table_says_what_it_waits_for(qtbot):
    runs, library = listed(card("a"), card("b"))
    view = CompareView(runs)
    qtbot.addWidget(view)

    def compare(name):
        runs.compare(f"/runs/{name}", True)
        waiting = view.table.item(0, 0).text()
        library.answer(figures(name, row(100, split="train")))
        return waiting, view.table.item(0, 0).text()

    reading = "Reading the runs…"
    assert compare("a") == (reading, "Check another run to see where the settings differ.")
    assert compare("b") == (reading, "All settings are the same.")


def test_what_was_edited_in_a_run_is_among_the_differences(qtbot):
    runs, library = listed(card("a"), card("b"))
    view = CompareView(runs)
    qtbot.addWidget(view)
    for name, edits in (("a", ()), ("b", (Edited(10, "rate", 0.01, 0.5),))):
        runs.compare(f"/runs/{name}", True)
        library.answer(figures(name, row(100), edits=edits))
    assert [view.table.item(0, column).text() for column in range(3)] == [
        "Training · Learning rate",
        "0.01",
        "0.01 → 0.5",
    ]


def test_the_last_label_of_an_axis_is_whole(qtbot):
    runs, _ = listed()
    view = CompareView(runs)
    qtbot.addWidget(view)
    view.resize(700, 400)
    view.show()
    view.plot.bottom.set_axis("step")
    view.plot.setXRange(0, 80_000, padding=0)
    picture = QPicture()
    painter = QPainter(picture)
    *_, texts = view.plot.bottom.generateDrawSpecs(painter)
    painter.end()
    assert [text for _, _, text in texts][-1] == "80,000"


def test_runs_of_one_name_are_told_apart_by_their_folders(qtbot):
    runs, library = listed(card("a", title="net"), card("b", title="net"), card("c", title="other"))
    view = CompareView(runs)
    qtbot.addWidget(view)
    for name in "abc":
        runs.compare(f"/runs/{name}", True)
        library.answer(figures(name, row(100)))
    assert [view.table.horizontalHeaderItem(column).text() for column in (1, 2, 3)] == ["a", "b", "other"]


def test_values_under_the_pointer_are_read_out_above_the_columns(qtbot):
    runs, library = listed(card("a"), card("b"))
    view = CompareView(runs)
    qtbot.addWidget(view)
    for name, last in (("a", 300), ("b", 100)):
        runs.compare(f"/runs/{name}", True)
        rows = [row(step, split="validation", error=step / 1000) for step in range(100, last + 1, 100)]
        library.answer(figures(name, *rows))
    view._axis.setCurrentIndex(1)

    def names():
        return [view.table.horizontalHeaderItem(column).text() for column in (1, 2)]

    assert names() == ["a", "b"]
    view.plot.hovered.emit(190.0)
    assert names() == ["a: 20", "b"]  # the second one ended before
    assert view._place.full_text == "step 190"
    assert view.plot._marker.isVisible()
    view.plot.hovered.emit(60.0)
    assert names() == ["a: 10", "b: 10"]
    view.plot.hovered.emit(None)
    assert names() == ["a", "b"]
    assert view._place.full_text == ""


def test_no_two_lines_look_alike(qtbot):
    looks = {(_pen(number).color().name(), _pen(number).style()) for number in range(MOST_COMPARED)}
    assert len(looks) == MOST_COMPARED
