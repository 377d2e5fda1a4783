"""The comparison of runs below their list."""

from engine.graph.network_file import dumps
from engine.protocol.library import RunFigures
from studio.qt.runs.compare_view import CompareView
from tests.studio.fake_engine import row, small_network
from tests.studio.models.test_runs import card, listed


def test_the_table_says_what_it_waits_for(qtbot):
    runs, library = listed(card("a"), card("b"))
    view = CompareView(runs)
    qtbot.addWidget(view)

    def compare(name):
        runs.compare(f"/runs/{name}", True)
        waiting = view.table.item(0, 0).text()
        library.answer(RunFigures(f"/runs/{name}", dumps(small_network()), (row(100, split="train"),)))
        return waiting, view.table.item(0, 0).text()

    reading = "Reading the runs…"
    assert compare("a") == (reading, "Check another run to see where the settings differ.")
    assert compare("b") == (reading, "All settings are the same.")
