"""What a network makes of pictures: dropped ones, those of a cell, and what is said where that fails."""

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent

from engine.errors import DataError
from engine.protocol.examination import Cell, ExaminePicture, ExamineSplit, ShowCell, SplitExamined
from engine.protocol.messages import CheckpointKept


def drop(widget, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    none = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    widget.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, *none))


def test_a_picture_that_is_dropped_is_looked_at(stage, tmp_path):
    stage.train()
    stage.view.inside.show_view(stage.view.activations)
    stage.add(CheckpointKept(5))
    stage.examiner.answer(DataError(source="the picture", expected="a picture", found="no picture", hint=""))
    path = tmp_path / "own.png"
    path.write_bytes(b"a picture")
    drop(stage.view.activations, path)
    request = stage.examiner.requests[-1]
    assert isinstance(request, ExaminePicture)
    assert request.file == b"a picture"


def test_what_is_no_picture_or_no_file_is_told_in_full(stage, tmp_path):
    panel = stage.view.activations
    stage.train()
    stage.view.inside.show_view(panel)
    stage.add(CheckpointKept(5))
    assert panel.problem.isHidden()
    stage.examiner.answer(DataError(source="the picture", expected="a picture", found="no picture", hint=""))
    assert not panel.problem.isHidden()
    assert "no picture" in panel.problem.text()
    assert panel.problem.wordWrap()
    drop(panel, tmp_path / "none.png")
    assert panel.problem.text() == "No such file or directory"


def test_a_cell_says_in_full_what_it_counts_and_leads_back_to_the_worst_answers(stage):
    panel = stage.view.results
    stage.train()
    stage.view.inside.show_view(panel)
    assert not panel.measure_button.isEnabled(), "there is no checkpoint yet"
    stage.add(CheckpointKept(5))
    panel.measure_button.click()
    assert isinstance(stage.examiner.requests[-1], ExamineSplit)
    names = tuple(f"a class with a long name {number}" for number in range(3))
    stage.examiner.answer(SplitExamined(5, "test", names, ((5, 1, 0), (0, 6, 0), (0, 0, 6)), ()))
    assert panel.header.text() == "Worst answers"
    panel.table.chosen.emit(0, 1)
    assert stage.examiner.requests[-1] == ShowCell(stage.run.record.run_folder, 0, 1)
    stage.examiner.answer(Cell((), 1))
    assert panel.header.text().startswith(f"{names[0]} taken for {names[1]}: 1 of 6")
    assert panel.header.wordWrap()
    panel.worst_button.click()
    assert panel.header.text() == "Worst answers"
