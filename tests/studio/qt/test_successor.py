"""A studio takes the place of another; what it cannot take stays on the disk."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget

from studio.models.computers import Computers
from studio.models.document import Document
from studio.models.handover import hand_over
from studio.models.run import RunModel
from studio.models.selection import Selection
from studio.qt.autosave import Autosave
from studio.qt.closing import CloseGuard
from studio.qt.lazy_view import LazyView
from studio.qt.main_window import MainWindow
from studio.qt.successor import Successor
from studio.services.engine_process import EngineProcesses
from tests.studio.fake_engine import FakeComputer, FakeEngines
from tests.studio.networks import small_document


@pytest.fixture
def stage(qtbot, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    document, run = Document(), RunModel(FakeEngines())
    view = LazyView(QWidget)
    window = MainWindow(document, Selection(document), run, Computers(FakeComputer), lambda _parent: view)
    qtbot.addWidget(window)
    autosave = Autosave(document, window)
    yield document, Successor(document, run, window, CloseGuard(window, run), autosave), window
    autosave.close()


@pytest.mark.parametrize("is_spoilt", [False, True])
def test_only_a_copy_that_was_taken_over_is_removed(stage, tmp_path: Path, is_spoilt: bool):
    document, successor, _ = stage
    path = hand_over(small_document(), None, tmp_path)
    if is_spoilt:
        path.write_bytes(path.read_bytes()[:-9])
    successor.take_over(path, EngineProcesses(lambda: None))
    assert path.exists() == is_spoilt
    assert bool(len(document.network.graph)) != is_spoilt


def test_a_studio_that_nobody_takes_over_from_stays_and_says_why(stage, tmp_path: Path, monkeypatch):
    """Be it that nothing can be written down, or that no second one starts: then no copy is left."""
    _, successor, window = stage
    copies = tmp_path / "state" / "ConvNet Studio"
    copies.parent.mkdir(parents=True)
    copies.write_text("where a folder should be")
    window.show()
    successor.start()
    assert "in the other language.\n" in window.banner.message
    assert "could not be written: Not a directory" in window.banner.message
    copies.unlink()
    monkeypatch.setattr("studio.qt.successor.QProcess.startDetached", lambda *_: (False, 0))
    successor.start()
    assert "A second studio could not be started." in window.banner.message
    assert not list(copies.glob("recovery/*"))
    assert window.isVisible()
