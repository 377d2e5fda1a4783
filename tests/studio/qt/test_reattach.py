"""Watching a training that went on while the studio was closed."""

from pathlib import Path

import pytest

from engine.graph.network_file import dumps
from engine.protocol.messages import Network
from engine.protocol.messages import RunState as EngineState
from studio.models import commenting
from studio.models.computers import Computers
from studio.models.document import Document
from studio.models.examination import ExaminationModel
from studio.models.run import RunModel
from studio.models.selection import Selection
from studio.qt.lazy_view import LazyView
from studio.qt.main_window import MainWindow
from studio.qt.reattach import Reattach
from studio.qt.train_workspace import TrainWorkspace
from studio.services.engine_process import RunningEngine
from tests.studio.fake_engine import FakeComputer, FakeEngines, FakeExaminer, small_document, small_network

ENGINE = RunningEngine(Path("/runs/1/connection.json"), "/runs/1")


@pytest.fixture
def stage(qtbot):
    def make(document):
        engines = FakeEngines()
        run, selection = RunModel(engines), Selection(document)
        view = LazyView(
            lambda: TrainWorkspace(document, selection, run, ExaminationModel(FakeExaminer(), run))
        )
        window = MainWindow(document, selection, run, Computers(FakeComputer), lambda _parent: view)
        qtbot.addWidget(window)
        return engines, run, window, view, Reattach(window, run)

    return make


def welcome(engines, run):
    engines.link.welcome(EngineState.TRAINING)
    run.update()
    engines.link.answer_last(Network(dumps(small_network()), None))
    run.update()


def test_an_empty_studio_shows_the_run_and_its_network(stage, qtbot):
    document = Document()
    engines, run, window, _, reattach = stage(document)
    reattach.attach(ENGINE)
    welcome(engines, run)
    assert engines.attached == ENGINE.connection
    qtbot.waitUntil(lambda: document.network.graph == small_network().graph)
    assert document.network is not run.record.network
    assert window.workspace == "training"


def test_an_empty_studio_shows_the_network_of_a_run_that_is_opened_or_run_again(stage, qtbot):
    document = Document()
    _, run, window, _, _ = stage(document)
    run.train_network(small_network(), "digits", "", "cpu")
    qtbot.waitUntil(lambda: document.network.graph == small_network().graph)
    assert document.name == "digits.convnet"
    window.document.new()
    run.update()
    qtbot.waitUntil(lambda: not window._run_network._opening.isActive())
    assert not len(document.network.graph), "what was closed on purpose stays closed"


def test_a_network_that_is_open_stays(stage, qtbot):
    network, document = small_network(), Document()
    network.graph.remove("conv2")
    document.new(network)
    engines, run, window, _, reattach = stage(document)
    reattach.attach(ENGINE)
    welcome(engines, run)
    qtbot.waitUntil(lambda: not window._run_network._opening.isActive())
    assert "conv2" not in document.network.graph


def test_what_is_noted_on_an_empty_canvas_stays(stage, qtbot):
    document = Document()
    commenting.add(document, "an idea", (0.0, 0.0))
    engines, run, window, _, reattach = stage(document)
    reattach.attach(ENGINE)
    welcome(engines, run)
    qtbot.waitUntil(lambda: not window._run_network._opening.isActive())
    assert [comment.text for comment in document.network.comments.values()] == ["an idea"]
    document.undo_stack.mark_clean()  # or closing would ask


def test_what_is_opened_before_the_network_of_the_run_has_come_stays(stage, qtbot):
    document = Document()
    engines, run, window, _, reattach = stage(document)
    reattach.attach(ENGINE)
    network = small_network()
    network.graph.remove("conv2")
    document.new(network)
    welcome(engines, run)
    qtbot.waitUntil(lambda: not window._run_network._opening.isActive())
    assert "conv2" not in document.network.graph


def test_the_train_view_is_made_when_it_is_first_looked_at(stage):
    _, _, window, view, _ = stage(small_document())
    window.show()
    window.show_workspace("design")
    assert view.findChild(TrainWorkspace) is None
    window.show_workspace("training")
    assert view.findChild(TrainWorkspace) is not None
