"""Filters as a person sees and goes through them."""

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtWidgets import QMessageBox

from engine.protocol.messages import RunState as EngineState
from engine.protocol.messages import SnapshotKept, StateChanged
from tests.studio.fake_engine import row
from tests.studio.qt.stage import pixels
from tests.studio.qt.test_main_window import choose_file


def test_other_weights_are_other_pixels(stage):
    stage.train()
    stage.add(SnapshotKept(1))
    random = np.random.default_rng(1)
    stage.answer(random.normal(size=(4, 3, 3, 3)))
    before = pixels(stage.view.filters)
    stage.add(SnapshotKept(2))
    stage.answer(random.normal(size=(4, 3, 3, 3)))
    after = pixels(stage.view.filters)
    assert (before != after).any(axis=2).sum() > 1000


def test_a_weight_is_a_square_of_one_colour_without_smoothing(stage):
    stage.train()
    stage.add(SnapshotKept(1))
    array = np.zeros((4, 3, 3, 3))
    array[0, 0, 0] = (1.0, -1.0, -1.0)
    stage.answer(array)
    red = np.argwhere((pixels(stage.view.filters)[:, :, :3] == (0, 0, 255)).all(axis=2))
    extent = red.max(axis=0) - red.min(axis=0) + 1
    scale = stage.view.filters.mosaic._grid.scale
    assert extent.tolist() == [scale, scale]
    assert len(red) == scale**2


def test_hidden_filters_ask_for_nothing(stage):
    stage.view.hide()
    stage.train()
    stage.add(SnapshotKept(1), SnapshotKept(2))
    assert stage.link.weight_requests() == []
    stage.view.show()
    assert [request.step for request in stage.link.weight_requests()] == [2]


def test_the_header_says_layer_shape_and_step(stage):
    stage.train()
    stage.add(SnapshotKept(1234))
    stage.answer(np.zeros((4, 3, 3, 3)))
    assert stage.view.filters.header_text == "conv1 · 4 filters 3×3×3 · step 1,234"


def test_the_slider_goes_back_in_time_and_follow_returns(stage):
    stage.train()
    stage.add(SnapshotKept(1), SnapshotKept(5), SnapshotKept(9))
    stage.answer(np.zeros((4, 3, 3, 3)))
    stage.view.filters.time.slider.setValue(0)
    assert stage.link.weight_requests()[-1].step == 1
    assert not stage.view.filters.time.follow_button.isChecked()
    stage.answer(np.zeros((4, 3, 3, 3)))
    stage.add(SnapshotKept(12))
    assert stage.view.filters.time.slider.value() == 0
    stage.view.filters.time.follow_button.click()
    assert stage.link.weight_requests()[-1].step == 12
    assert stage.view.filters.time.slider.value() == 3


def test_a_place_on_the_mosaic_names_its_filter_and_range(stage):
    stage.train()
    stage.add(SnapshotKept(1))
    array = np.zeros((4, 3, 3, 3))
    array[0, 0, 0, 0] = 0.5
    stage.answer(array)
    view = stage.view.filters.mosaic
    corner = view._corner(view._grid)
    assert view.describe(corner + QPoint(1, 1)) == "Filter 1 of 4\nWeights from 0.00 to 0.500"
    assert view.describe(corner - QPoint(1, 1)) == ""


def test_the_selected_layer_is_shown(stage):
    stage.train()
    stage.add(SnapshotKept(1))
    stage.answer(np.zeros((4, 3, 3, 3)))
    stage.selection.select(["conv2"])
    stage.answer(np.zeros((2, 3, 3, 4)))
    assert stage.view.filters.header_text.startswith("conv2 · 2 filters 3×3×4")


def test_a_filter_is_enlarged_by_a_click_and_the_arrows_go_to_its_neighbours(stage, qtbot):
    stage.train()
    stage.add(SnapshotKept(1))
    array = np.zeros((4, 3, 3, 3))
    array[1] = 1.0
    stage.answer(array)
    panel = stage.view.filters
    panel.mosaic.tile_clicked.emit(0)
    assert panel.enlarged.isVisible()
    qtbot.keyClick(panel.enlarged, Qt.Key.Key_Right)
    assert panel.enlarged.accessibleName().startswith("Filter 2 of 4")
    white = (pixels(panel.enlarged)[:, :, :3] == 255).all(axis=2).sum()
    assert white > 10_000
    qtbot.keyClick(panel.enlarged, Qt.Key.Key_Escape)
    assert panel.mosaic.isVisible()


def test_the_weight_under_the_pointer_is_read_out(stage):
    stage.train()
    stage.add(SnapshotKept(1), SnapshotKept(2))
    array = np.zeros((4, 3, 3, 3))
    array[2, 1, 2] = 0.5, -0.25, 1.0
    stage.answer(array)
    panel, mosaic = stage.view.filters, stage.view.filters.mosaic
    scale = mosaic._grid.scale
    corner = mosaic._place(2).topLeft()
    place, none = QPointF(corner + QPoint(scale * 5 // 2, scale * 3 // 2)), Qt.MouseButton.NoButton
    mosaic.mouseMoveEvent(
        QMouseEvent(QEvent.Type.MouseMove, place, place, none, none, Qt.KeyboardModifier.NoModifier)
    )
    assert panel.reading.full_text == "R 0.500 · G -0.250 · B 1.00 · Filter 3 of 4 · row 2, column 3"
    stage.add(SnapshotKept(3))
    stage.answer(2 * array)
    assert panel.reading.full_text.startswith("R 1.00 · G -0.500 · B 2.00"), "it is read anew"
    assert panel.scale.ends == ("-2.00", "+2.00")
    panel._normalisation.setCurrentIndex(1)
    assert panel.scale.ends == ("- its largest", "+ its largest")
    panel.enlarge(2)
    assert panel.scale.ends == ("-2.00", "+2.00")


def test_filters_are_gone_through_by_keys(stage, qtbot):
    stage.train()
    stage.add(SnapshotKept(1))
    stage.answer(np.random.default_rng(3).normal(size=(4, 3, 3, 3)))
    panel, mosaic = stage.view.filters, stage.view.filters.mosaic
    columns = mosaic._grid.columns
    mosaic.setFocus()
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Right):
        qtbot.keyClick(mosaic, key)
    at = 2 if columns > 1 else 3
    assert mosaic.accessibleName().startswith(f"Filter {at + 1} of 4")
    qtbot.keyClick(mosaic, Qt.Key.Key_Return)
    assert panel.enlarged.isVisible()
    qtbot.keyClick(panel.enlarged, Qt.Key.Key_Escape)
    assert mosaic.isVisible()


def test_playing_goes_through_the_snapshots_and_halts_at_the_end(stage, qtbot):
    stage.train()
    stage.add(*map(SnapshotKept, (1, 2, 3)))
    panel = stage.view.filters
    rests = panel.time.play.forwards.icon().cacheKey()
    panel.time.play.forwards.click()
    assert panel.time.play.forwards.icon().cacheKey() != rests, "pressed again it halts, and looks so"
    assert panel.time.slider.value() == 0, "once more from the beginning"
    qtbot.waitUntil(lambda: panel.time.slider.value() == 2 and not panel.time.play.forwards.isChecked())
    panel.time.play.backwards.click()
    qtbot.waitUntil(lambda: panel.time.slider.value() == 0 and not panel.time.play.backwards.isChecked())


def test_a_run_that_ended_without_snapshots_is_not_told_to_begin(stage):
    note = stage.view.filters.note
    stage.train()
    stage.add(row(5))
    assert note.text == "The filters appear with the first snapshot."
    stage.add(StateChanged(0.0, EngineState.FINISHED))
    assert note.text == "No filters of this run were kept."
    assert note.button.isHidden()


def test_filters_are_saved_as_a_picture_whatever_the_name(stage, tmp_path, monkeypatch):
    stage.train()
    stage.add(SnapshotKept(1))
    stage.answer(np.random.default_rng(3).normal(size=(4, 3, 3, 3)))
    panel = stage.view.filters
    choose_file(monkeypatch, "getSaveFileName", tmp_path / "mine")
    panel.export_button.click()
    assert QImage(str(tmp_path / "mine.png")).width() == panel.mosaic.picture().width()
    choose_file(monkeypatch, "getSaveFileName", tmp_path / "none" / "mine.png")
    panel.export_button.click()
    (box,) = panel.findChildren(QMessageBox)
    assert box.text().endswith("none/mine.png could not be written: No such file or directory")
    box.close()
