"""What is asked about pictures, and when."""

import pytest

from engine.errors import CheckpointError
from engine.protocol.examination import (
    Cell,
    Examined,
    ExaminePicture,
    ExamineSplit,
    LayerMaps,
    ShowCell,
    SplitExamined,
)
from engine.protocol.messages import CheckpointKept
from engine.protocol.messages import RunState as EngineState
from engine.protocol.previews import Picture
from studio.models.examination import ExaminationModel
from studio.models.run import RunModel
from tests.studio.fake_engine import FakeEngines, FakeExaminer, small_document

FOLDER = "/runs/digits-1"
PICTURE = Picture(1, 1, b"\0\0\0")
ERROR = CheckpointError(path="p", expected="e", found="f", hint="")


def examined(step=10):
    return Examined(step, 5, PICTURE, "three", (), (LayerMaps("conv1", 1, 1, 1, (0,), 1.0, b"\xff"),))


class Stage:
    def __init__(self):
        self.engines, self.examiner = FakeEngines(), FakeExaminer()
        self.run = RunModel(self.engines)
        self.model = ExaminationModel(self.examiner, self.run)
        self.train()

    def train(self):
        self.run.train(small_document())
        self.engines.link.welcome(EngineState.TRAINING)
        self.run.update()

    def checkpoint(self, step):
        self.engines.link.journal(CheckpointKept(step))
        self.run.update()


@pytest.fixture
def stage():
    return Stage()


def test_nothing_is_asked_before_there_is_a_checkpoint_and_someone_looks(stage):
    stage.model.set_visible(True)
    assert stage.examiner.requests == []
    stage.model.set_visible(False)
    stage.checkpoint(10)
    assert stage.examiner.requests == []
    stage.model.set_visible(True)
    assert stage.examiner.requests == [ExaminePicture(FOLDER, "test", 0)]


def test_a_newer_checkpoint_is_asked_again_while_someone_looks(stage):
    stage.checkpoint(10)
    stage.model.set_visible(True)
    stage.examiner.answer(examined())
    assert stage.model.maps("conv1").maps == b"\xff"
    assert stage.model.maps("pool1") is None
    stage.checkpoint(20)
    assert len(stage.examiner.requests) == 2
    stage.examiner.answer(examined(20))
    stage.model.set_visible(False)
    stage.checkpoint(30)
    assert len(stage.examiner.requests) == 2


def test_of_several_wishes_the_newest_is_sent(stage):
    stage.checkpoint(10)
    stage.model.set_visible(True)
    for index in (1, 2, 3):
        stage.model.show("validation", index)
    assert len(stage.examiner.requests) == 1
    stage.examiner.answer(examined())
    assert stage.examiner.requests[1:] == [ExaminePicture(FOLDER, "validation", 3)]
    stage.examiner.answer(examined())
    stage.model.show_file(b"png", "own.png")
    assert stage.examiner.requests[-1] == ExaminePicture(FOLDER, "validation", 3, b"png")
    assert stage.model.file_name is None, "the other picture is still shown"
    stage.examiner.answer(examined())
    assert stage.model.file_name == "own.png"
    stage.model.show("validation", 3)
    stage.examiner.answer(examined())
    assert stage.model.file_name is None


def test_why_there_is_no_answer_is_told_until_there_is_one(stage):
    stage.checkpoint(10)
    stage.model.set_visible(True)
    stage.examiner.answer(ERROR)
    assert stage.model.problem is ERROR
    stage.model.show("test", 2)
    stage.examiner.answer(examined())
    assert stage.model.problem is None
    stage.model.show_file(b"no picture", "a.txt")
    stage.examiner.answer(ERROR)
    assert stage.model.examined is None, "what was seen before is not this file"


def test_a_split_is_measured_when_asked_and_its_cells_open(stage):
    stage.model.measure("test")
    assert stage.examiner.requests == [], "there is no checkpoint yet"
    stage.checkpoint(10)
    stage.model.measure("test")
    stage.model.measure("test")
    assert stage.examiner.requests == [ExamineSplit(FOLDER, "test")]
    assert stage.model.is_measuring
    results = SplitExamined(10, "test", ("a", "b"), ((3, 1), (0, 2)), ())
    stage.examiner.answer(results)
    assert (stage.model.results, stage.model.is_measuring) == (results, False)
    stage.model.show_cell(0, 1)
    assert stage.examiner.requests[-1] == ShowCell(FOLDER, 0, 1)
    stage.examiner.answer(Cell((), 1))
    assert stage.model.cell == Cell((), 1)


def test_answers_about_another_run_are_dropped(stage):
    stage.checkpoint(10)
    stage.model.set_visible(True)
    stage.model.measure("test")
    stage.train()
    for _, then in stage.examiner.asked:
        then(examined())
    assert stage.model.examined is None
    assert not stage.model.is_measuring
