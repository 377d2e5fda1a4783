"""The workspace *Train* on a run that a test drives, and what can be seen of it."""

import numpy as np
from PySide6.QtGui import QImage

from engine.protocol.messages import RunState as EngineState
from studio.models.examination import ExaminationModel
from studio.models.run import RunModel
from studio.models.selection import Selection
from studio.qt.train_workspace import TrainWorkspace
from tests.studio.fake_engine import FakeEngines, FakeExaminer, small_document, weights


class Stage:
    """A workspace on a run that the test drives."""

    def __init__(self, qtbot):
        self.engines = FakeEngines()
        self.run = RunModel(self.engines)
        self.document = small_document()
        self.selection = Selection(self.document)
        self.examiner = FakeExaminer()
        self.examination = ExaminationModel(self.examiner, self.run)
        self.view = TrainWorkspace(self.document, self.selection, self.run, self.examination)
        self.view.resize(1000, 680)
        qtbot.addWidget(self.view)
        self.view.show()

    @property
    def link(self):
        return self.engines.link

    def train(self):
        self.run.train(self.document)
        self.link.welcome()
        self.link.state(EngineState.TRAINING)
        self.link.beat(EngineState.TRAINING)
        self.run.update()

    def add(self, *entries):
        self.link.journal(*entries)
        self.run.update()
        self.view.curves.refresh()  # which otherwise comes a little later

    def answer(self, array):
        request = self.link.asked[-1]
        self.link.answer_last(weights(request.layer, request.step, array))
        self.run.update()


def pixels(widget):
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return (
        np.frombuffer(image.constBits(), np.uint8)
        .reshape(image.height(), image.bytesPerLine() // 4, 4)
        .copy()
    )


def coloured(widget, colour):
    """Number of pixels that are near a colour."""
    wanted = np.array([colour.blue(), colour.green(), colour.red()])
    return int((np.abs(pixels(widget)[:, :, :3].astype(int) - wanted).max(axis=2) < 24).sum())
