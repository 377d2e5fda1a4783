"""The tool bar's part for the run."""

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QProgressBar

from engine.protocol.messages import RunState as EngineState
from studio.models.run import RunModel
from studio.qt import theme
from studio.qt.run_controls import RunProgress
from tests.studio.fake_engine import FakeEngines, small_document


class Paintings(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, widget):
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched, event):  # noqa: N802 (Qt calls it so)
        self.count += event.type() == QEvent.Type.Paint
        return False


def test_the_bar_rests_once_it_is_known_how_far_a_long_run_is(qtbot, qapp):
    """Though it has hardly begun."""
    theme.apply(qapp, theme.current())
    engines = FakeEngines()
    run = RunModel(engines)
    progress = RunProgress(run)
    qtbot.addWidget(progress)
    progress.show()
    run.train(small_document())
    bar = progress.findChild(QProgressBar)
    painted = Paintings(bar)
    qtbot.waitUntil(lambda: painted.count > 3)
    engines.link.beat(EngineState.TRAINING, step=500, total=2_000_000)
    run.update()
    bar.repaint()
    painted.count = 0
    qtbot.wait(200)
    assert painted.count <= 1
    engines.link.beat(EngineState.TRAINING, step=2_000_000, total=2_000_000)
    run.update()
    assert bar.value() == bar.maximum()
