"""What a network makes of pictures: dropped ones, those of a cell, and what is said where that fails."""

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QDropEvent

from engine.errors import DataError
from engine.protocol.examination import Cell, ExaminePicture, ExamineSplit, ShowCell, SplitExamined
from engine.protocol.messages import CheckpointKept
from studio.qt.examination.confusion_table import LEAST_NUMBERED, ConfusionTable


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


def test_the_data_set_is_come_back_to_from_a_file(stage, tmp_path, qtbot):
    panel = stage.view.activations
    stage.train()
    stage.view.inside.show_view(panel)
    stage.add(CheckpointKept(5))
    error = DataError(source="the picture", expected="a picture", found="no picture", hint="")
    stage.examiner.answer(error)
    (tmp_path / "own.png").write_bytes(b"a picture")
    drop(panel, tmp_path / "own.png")
    stage.examiner.answer(error)
    panel._split.setFocus()
    panel._split.showPopup()
    qtbot.keyClick(panel._split.view(), Qt.Key.Key_Return)
    assert stage.examiner.requests[-1] == ExaminePicture(stage.run.record.run_folder, "test", 0)


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
    assert panel.problem.text() == "none.png: No such file or directory"
    path = tmp_path / "note.txt"
    path.write_text("no picture")
    drop(panel, path)
    stage.examiner.answer(DataError(source="the picture", expected="a picture", found="no picture", hint=""))
    assert panel._facts.full_text == "note.txt"
    assert panel._picture.isHidden()
    assert panel.bars.isHidden()


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


def results_of(*names):
    count = len(names)
    confusion = tuple(tuple(9 if truth == answer else 1 for answer in range(count)) for truth in range(count))
    return SplitExamined(5, "test", names, confusion, ())


@pytest.mark.parametrize(
    ("names", "has_heads"),
    [
        (("cat", "dog"), True),
        (("a class with a very long name", "another"), True),
        (tuple("0123456789"), True),
        (tuple(f"class {number}" for number in range(100)), False),  # cells are smaller than letters
    ],
)
def test_columns_are_named_where_names_can_be_read(qtbot, names, has_heads):
    table = ConfusionTable()
    qtbot.addWidget(table)
    table.resize(400, 300)
    table.show_results(results_of(*names), None)
    assert (table.heads > 0) is has_heads
    last = len(names) - 1
    place = table.cell_place(last, 0)
    assert table.cell_at(place.center()) == (last, 0)
    assert place.bottom() < table.height()
    assert table.cell_at(QPoint(place.center().x(), table.heads - 1)) is None
    above = QRect(place.left(), 0, place.width() * len(names), table.heads)
    picture = table.grab(above).toImage() if has_heads else None
    assert picture is None or len({picture.pixel(x, 5) for x in range(picture.width())}) > 1, "is written on"


def test_counts_are_read_in_a_low_panel_too(qtbot):
    table = ConfusionTable()
    qtbot.addWidget(table)
    table.resize(350, 250)
    table.show_results(results_of(*(f"class {number}" for number in range(10))), None)
    place = table.cell_place(3, 3)
    assert place.width() >= LEAST_NUMBERED > place.height()
    cell = table.grab(place.adjusted(2, 2, -3, -3)).toImage()
    assert len({cell.pixel(x, y) for x in range(cell.width()) for y in range(cell.height())}) > 1
