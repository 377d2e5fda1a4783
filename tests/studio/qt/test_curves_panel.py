"""Curves: what is drawn, read out and exported."""

import math

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMessageBox

from engine.protocol.messages import CheckpointKept, Edited
from engine.protocol.messages import RunState as EngineState
from studio.models.figures_file import FiguresFile
from studio.qt import theme
from studio.qt.dashboard import export
from studio.qt.dashboard.plot import Plot
from tests.studio.fake_engine import row
from tests.studio.qt.stage import coloured, pixels


def test_a_row_that_is_not_a_number_does_not_blank_the_plot(stage):
    stage.train()
    stage.add(*(row(step, loss=2.0 / (1 + step / 20)) for step in range(0, 200, 4)))
    accent = theme.colour("accent")
    before = coloured(stage.view.curves.plots["loss"], accent)
    assert before > 50
    stage.add(row(198, loss=math.nan), row(200, loss=0.2))  # the axis ends at 200 before and after
    assert coloured(stage.view.curves.plots["loss"], accent) > before * 0.7


def test_curves_follow_the_theme(stage, qapp):
    stage.train()
    stage.add(*(row(step, loss=2.0 / (1 + step / 20)) for step in range(0, 200, 4)))
    theme.apply(qapp, theme.resolve("dark"))
    qapp.processEvents()
    dark = pixels(stage.view.curves.plots["loss"])[:, :, :3]
    assert np.median(dark) < 60
    assert coloured(stage.view.curves.plots["loss"], theme.colour("accent")) > 50


def test_the_read_out_gives_the_newest_values_and_those_under_the_pointer(stage):
    stage.train()
    stage.add(row(100, loss=1.0, error=0.5), row(200, loss=0.25, error=0.125))
    panel = stage.view.curves
    assert panel.values_text("loss") == "train 0.250"
    assert panel.values_text("error") == "train 12.5 %"
    panel.plots["loss"].hovered.emit(1.0)  # epoch 1 of 10, at 100 steps each
    assert panel.values_text("loss") == "train 1.00"
    assert panel.place_text == "step 100 · epoch 1.00 · 0:01"
    stage.add(row(300, loss=0.125))
    assert panel.values_text("loss") == "train 1.00"
    panel.plots["loss"].hovered.emit(None)
    assert panel.values_text("loss") == "train 0.125"
    assert panel.place_text == ""


def test_zooming_one_plot_zooms_both_and_fit_shows_all_again(stage, qtbot):
    stage.train()
    stage.add(*(row(step) for step in range(0, 1000, 10)))
    loss, error, *_ = stage.view.curves.plots.values()
    loss.zoomed.emit((2.0, 4.0))
    assert error.getViewBox().viewRange()[0] == pytest.approx([2.0, 4.0])
    qtbot.mouseClick(stage.view.curves.fit_button, Qt.MouseButton.LeftButton)
    assert error.getViewBox().viewRange()[0] == pytest.approx([0.0, 9.9], abs=0.3)
    assert not stage.view.curves.fit_button.isEnabled()


def test_a_logarithmic_scale_leaves_out_zero_and_keeps_the_rest(stage):
    stage.train()
    stage.add(row(1, loss=1.0), row(2, loss=0.0), row(3, loss=0.01))
    stage.view.curves._log.setChecked(True)
    low, high = stage.view.curves.plots["loss"].getViewBox().viewRange()[1]
    assert low == pytest.approx(-2.0, abs=0.2)
    assert high == pytest.approx(0.0, abs=0.2)


def test_hidden_curves_are_not_drawn(stage, monkeypatch):
    stage.train()
    stage.view.hide()
    monkeypatch.setattr(stage.view.curves.plots["loss"], "refresh", lambda: pytest.fail("drawn"))
    stage.add(row(1))


def test_two_more_plots_take_the_room_of_what_is_below(stage):
    stage.train()
    stage.add(*(row(step) for step in range(50)))
    panel = stage.view.curves
    heights = panel.plots["loss"].height()
    panel.more_button.click()
    assert not panel.slots[3].isHidden()
    assert not stage.view.filters.isVisible()
    assert panel.slots[3].height() > heights / 2
    panel.more_button.click()
    assert panel.slots[3].isHidden()
    assert stage.view.filters.isVisible()


def test_plots_that_are_made_later_show_what_was_chosen_before(stage):
    """Two are made when they are asked for: the axis, the scale and the places are those of the others."""
    stage.train()
    stage.add(*(row(step) for step in range(0, 1000, 10)))
    panel = stage.view.curves
    panel._axis.setCurrentIndex(1)
    panel._log.setChecked(True)
    panel.show_places((200.0, 400.0))
    panel.more_button.click()
    loss, _, _, speed = panel.plots.values()
    assert speed.left.is_log
    assert speed.bottom._axis == loss.bottom._axis == "step"
    assert speed.getViewBox().viewRange()[0] == pytest.approx([200.0, 400.0])
    speed.zoomed.emit((300.0, 350.0))
    assert loss.getViewBox().viewRange()[0] == pytest.approx([300.0, 350.0])


def test_a_plot_shows_what_is_chosen_and_offers_the_costs_further_figures(stage):
    stage.train()
    first = msgspec.structs.replace(row(100, split="validation"), further={"top-5 error": 0.125})
    stage.add(row(50), row(100), first)
    slot = stage.view.curves.slots[0]
    choice = slot._choice
    offered = [choice.itemText(at) for at in range(choice.count())]
    assert offered == ["Loss, nats", "Error, %", "Top-5 error, %", "Learning rate", "Images/s"]
    choice.setCurrentIndex(2)
    assert slot.plot.quantity == "top-5 error"
    assert slot.values_text == "validation 12.5 %"


def test_what_happened_is_read_out_where_the_pointer_is(stage):
    stage.train()
    stage.add(*(row(step) for step in range(0, 301, 10)))
    stage.add(CheckpointKept(100), Edited(200, "rate", 0.1, 0.01))
    panel = stage.view.curves
    panel.plots["loss"].hovered.emit(2.0)
    assert panel.place_text == "step 200 · epoch 2.00 · 0:02 · learning rate 0.1 → 0.01"
    panel.plots["loss"].hovered.emit(1.0)
    assert panel.place_text.endswith("checkpoint")
    assert coloured(panel.plots["error"], theme.colour("accent")) > 20


def test_figures_and_plots_are_exported(stage, tmp_path):
    stage.train()
    stage.add(row(50, loss=0.5), row(100, loss=math.nan), row(100, split="test"))
    export.write_png(tmp_path / "a.png", stage.view.curves.grab().toImage())
    assert QImage(str(tmp_path / "a.png")).width() == stage.view.curves.width()
    export.write_svg(tmp_path / "a.svg", list(stage.view.curves.plots.values())[:2])
    assert "<polyline" in (tmp_path / "a.svg").read_text()
    with pytest.raises(OSError, match="No such file"):
        export.write_png(tmp_path / "none" / "a.png", QImage(4, 4, QImage.Format.Format_RGB32))
    with pytest.raises(OSError, match="No such file"):
        export.write_svg(tmp_path / "none" / "a.svg", list(stage.view.curves.plots.values()))


def test_how_far_a_long_file_is_written_is_shown_and_it_can_be_cancelled(stage, tmp_path):
    stage.train()
    stage.add(*(row(step) for step in range(10)))
    file, ends = FiguresFile(stage.run, tmp_path / "a.csv"), []
    file.ended.connect(ends.append)
    file.rows = 40  # as of a run that is longer than what is here
    dialog = export.show_progress(stage.view.curves, file)
    assert dialog.labelText() == "Writing 40 rows…"
    file.advanced.emit(10)
    assert (dialog.value(), dialog.maximum()) == (10, 40)
    assert dialog.labelText() == "Writing 40 rows… · 0:00 left"
    dialog.canceled.emit()
    assert ends == [None]
    assert not dialog.isVisible()
    assert not stage.view.curves.findChildren(QMessageBox)


def test_a_file_that_another_run_ended_is_told_without_holding_that_run_up(stage, tmp_path):
    stage.train()
    file = FiguresFile(stage.run, tmp_path / "a.csv")
    export.show_progress(stage.view.curves, file)
    stage.train()
    (box,) = stage.view.curves.findChildren(QMessageBox)
    assert "a.csv could not be written: Another run was shown before all figures of" in box.text()
    box.close()


def test_plots_are_drawn_in_turns_so_that_nothing_waits_for_all_of_them(stage, qtbot, monkeypatch):
    stage.train()
    panel, drawn = stage.view.curves, []
    panel.refresh()
    monkeypatch.setattr(Plot, "refresh", lambda plot: drawn.append(plot.quantity))
    panel._turns.timeout.connect(lambda: drawn.append("turn"))
    stage.link.journal(row(1), row(2))
    stage.run.update()
    assert drawn == []
    qtbot.waitUntil(lambda: len(drawn) == 4)
    assert drawn == ["loss", "turn", "error", "turn"]
    assert not panel._turns.isActive()


def test_what_is_drawn_at_once_is_not_drawn_again_in_turns(stage):
    stage.train()
    stage.link.journal(row(1))
    stage.run.update()
    panel = stage.view.curves
    assert panel._turns.isActive()
    panel._axis.setCurrentIndex(1)
    assert not panel._turns.isActive()


def test_the_plots_take_their_new_place_once_when_a_run_ends(stage, qapp):
    stage.train()
    stage.add(*(row(step) for step in range(50)))
    qapp.processEvents()
    box, heights = stage.view.curves.plots["loss"].getViewBox(), []
    box.sigResized.connect(lambda: heights.append(box.height()))
    stage.link.state(EngineState.STOPPED)
    stage.run.update()
    assert stage.view.outcome.isVisible()
    qapp.processEvents()
    assert len(set(heights)) == 2  # for the card, and for the figures of a run under way, which go
