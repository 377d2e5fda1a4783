"""The views of a training, drawn into memory and driven by a fake engine."""

import math

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent

from engine.errors import EngineDiedError
from engine.protocol.inbox import Link
from engine.protocol.messages import (
    CheckpointKept,
    CheckpointNow,
    Device,
    Edit,
    Edited,
    HealthMeasured,
    Heartbeat,
    Histogram,
    Kill,
    LayerHealth,
    LogLine,
    LossSpiked,
    Problem,
    Progress,
    Rewound,
    RollBack,
    SnapshotKept,
    StateChanged,
)
from engine.protocol.messages import RunState as EngineState
from studio.models.examination import ExaminationModel
from studio.models.run import RunModel
from studio.models.run_log import LOG_LINES
from studio.models.selection import Selection
from studio.qt import theme
from studio.qt.dashboard import export
from studio.qt.dashboard.fork_dialog import ForkDialog
from studio.qt.dashboard.log_panel import SearchableLog
from studio.qt.train_workspace import TrainWorkspace
from tests.studio.fake_engine import FakeEngines, FakeExaminer, cpu, row, small_document, weights


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


@pytest.fixture
def stage(qtbot, qapp):
    theme.apply(qapp, theme.resolve("light"))
    return Stage(qtbot)


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


# ---- Filters ---------------------------------------------------------------------------------------------


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


def test_only_the_view_in_sight_asks_for_anything(stage):
    stage.view.hide()
    stage.train()
    known = len(stage.link.asked)
    stage.add(row(5), SnapshotKept(5), CheckpointKept(5))
    assert (len(stage.link.asked), stage.examiner.asked) == (known, [])
    stage.view.show()
    assert len(stage.link.weight_requests()) == 1
    assert stage.examiner.asked == []
    stage.view.inside.show_view(stage.view.activations)
    assert len(stage.examiner.asked) == 1
    stage.add(row(9), SnapshotKept(9))
    assert len(stage.link.weight_requests()) == 1
    stage.view.hide()
    stage.add(CheckpointKept(9))
    assert len(stage.examiner.asked) == 1


def test_the_header_says_layer_shape_and_step(stage):
    stage.train()
    stage.add(SnapshotKept(1234))
    stage.answer(np.zeros((4, 3, 3, 3)))
    assert stage.view.filters.header_text == "conv1 · 4 filters 3×3×3 · step 1,234 of 1,000"


def test_the_slider_goes_back_in_time_and_follow_returns(stage):
    stage.train()
    stage.add(SnapshotKept(1), SnapshotKept(5), SnapshotKept(9))
    stage.answer(np.zeros((4, 3, 3, 3)))
    stage.view.filters.slider.setValue(0)
    assert stage.link.weight_requests()[-1].step == 1
    assert not stage.view.filters.follow_button.isChecked()
    stage.answer(np.zeros((4, 3, 3, 3)))
    stage.add(SnapshotKept(12))
    assert stage.view.filters.slider.value() == 0
    stage.view.filters.follow_button.click()
    assert stage.link.weight_requests()[-1].step == 12
    assert stage.view.filters.slider.value() == 3


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


# ---- Curves ----------------------------------------------------------------------------------------------


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
    plot = stage.view.curves.plots["loss"]
    plot.set_log(True)
    low, high = plot.getViewBox().viewRange()[1]
    assert low == pytest.approx(-2.0, abs=0.2)
    assert high == pytest.approx(0.0, abs=0.2)


def test_hidden_curves_are_not_drawn(stage, monkeypatch):
    stage.train()
    stage.view.hide()
    monkeypatch.setattr(stage.view.curves.plots["loss"], "refresh", lambda: pytest.fail("drawn"))
    stage.add(row(1))


# ---- What surrounds them ---------------------------------------------------------------------------------


def test_before_any_training_the_panels_say_what_will_be_there_and_offer_to_train(stage, qtbot):
    with qtbot.waitSignal(stage.view.train_requested):
        stage.view.empty.button.click()
    with qtbot.waitSignal(stage.view.train_requested):
        stage.view.filters.note.button.click()


def test_the_figures_are_those_of_the_heartbeat(stage):
    stage.train()
    stage.link.beat(EngineState.TRAINING, step=250, total=1000)
    stage.add(row(250, error=0.034, split="validation"))
    shown = stage.view.figures.texts()
    assert shown["Epoch"] == "3 of 10"
    assert shown["Step"] == "250 of 1,000"
    assert shown["Images/s"] == "1,234"
    assert shown["Validation error"] == "3.40 %"
    assert shown["Left"] == "1:00"


@pytest.mark.parametrize(
    ("communication", "words"), [(None, "12.5 ms · 4 % waits"), (0.25, "12.5 ms · 25 % sends · 4 % waits")]
)
def test_a_step_is_split_into_what_it_takes_time_for(stage, communication, words):
    stage.train()
    progress = Progress(250, 1000, 2, 1234.0, 60.0, 10, 0.0125, 0.04, communication)
    stage.run.record.take_heartbeat(Heartbeat(1, EngineState.TRAINING, True, progress, 0, (cpu(),)))
    stage.run.update()
    assert stage.view.figures.texts()["A step"] == words


def test_the_card_gives_the_result_and_the_next_actions(stage, qtbot):
    stage.train()
    assert not stage.view.outcome.isVisible()
    stage.add(row(1000, error=0.021, split="test"), SnapshotKept(1), SnapshotKept(2))
    stage.add(StateChanged(0.0, EngineState.FINISHED))
    card = stage.view.outcome
    assert card.isVisible()
    assert card.headline == "Finished · test error 2.10 % · 0:10 of training"
    with qtbot.waitSignal(stage.view.design_requested):
        card.change_button.click()
    assert card.look_button.isVisible()
    assert not card.copy_button.isVisible()


def test_a_failure_gives_its_cause_to_be_read_and_copied(stage, qapp):
    stage.train()
    cause = Problem("NotFiniteError", {"step": 7, "what": "the loss", "where": "training"})
    stage.add(StateChanged(0.0, EngineState.FAILED, cause))
    assert "Step 7: the loss (training) is not a finite number" in stage.view.outcome.facts
    stage.view.outcome.copy_button.click()
    assert qapp.clipboard().text().startswith("NotFiniteError: Step 7")


def test_a_dead_engine_is_told_with_its_cause(stage):
    stage.train()
    stage.link.link(Link.DIED, EngineDiedError(pid=42, reason="killed by signal 9"))
    stage.run.update()
    assert stage.view.outcome.isVisible()
    assert stage.view.outcome.headline.startswith("The engine died")
    assert "42" in stage.view.outcome.facts


def test_a_silent_engine_shows_a_card_that_goes_when_it_is_heard_again(stage):
    stage.train()
    stage.link.link(Link.NOT_RESPONDING)
    stage.run.update()
    assert stage.view.outcome.headline.startswith("The engine is not responding")
    stage.link.link(Link.CONNECTED)
    stage.run.update()
    assert not stage.view.outcome.isVisible()


def test_what_hangs_can_be_ended_from_the_card_and_what_is_slow_is_only_told(stage):
    stage.train()
    card = stage.view.outcome
    stage.link.beat(EngineState.TRAINING, slow=True)
    stage.run.update()
    assert card.isVisible()
    assert not card.kill_button.isVisible()
    stage.link.beat(EngineState.TRAINING, responding=False)
    stage.run.update()
    assert card.headline.startswith("The training process is not responding")
    card.kill_button.click()
    assert stage.link.asked[-1] == Kill()


def test_a_run_that_was_stopped_goes_on_from_its_card(stage):
    stage.train()
    stage.link.welcome()
    stage.add(row(5), StateChanged(0.0, EngineState.STOPPED))
    stage.view.outcome.take_up_button.click()
    assert stage.engines.resumed == "/runs/digits-1"
    assert not stage.view.outcome.isVisible()


def test_the_log_tells_of_states_and_has_the_engines_lines(stage):
    stage.train()
    stage.add(
        LogLine(0.0, "warning", "slow data"),
        StateChanged(0.0, EngineState.FINISHED),
    )
    lines = stage.view.log.lines()
    assert [line.split("  ")[-1] for line in lines] == [
        "Training",
        "⚠ slow data",
        "Finished",
    ]


def test_the_log_is_searched_as_it_grows(stage):
    stage.train()
    stage.add(LogLine(0.0, "info", "Checkpoint at step 5"), LogLine(0.0, "info", "something else"))
    (field,) = (part.field for part in stage.view.findChildren(SearchableLog))
    field.setText("checkpoint")
    stage.add(LogLine(0.0, "info", "another CHECKPOINT"), LogLine(0.0, "info", "and more"))
    lines = [line.split("  ")[-1] for line in stage.view.log.lines()]
    assert lines == ["Checkpoint at step 5", "another CHECKPOINT"]
    field.clear()
    assert len(stage.view.log.lines()) == 5


def test_the_log_is_bounded_and_keeps_the_newest_lines(stage):
    stage.train()
    stage.add(*(LogLine(0.0, "info", str(number)) for number in range(LOG_LINES + 500)))
    stage.add(LogLine(0.0, "info", "last"))
    lines = stage.view.log.lines()
    assert len(lines) == LOG_LINES
    assert lines[-1].endswith("last")


def test_the_log_stays_at_its_end_unless_someone_scrolled_back(stage, qtbot):
    stage.train()
    bar = stage.view.log.verticalScrollBar()
    stage.add(*(LogLine(0.0, "info", str(number)) for number in range(200)))
    qtbot.waitUntil(lambda: bar.value() == bar.maximum() > 0)
    before = bar.maximum()
    stage.view.resize(1000, 600)
    qtbot.waitUntil(lambda: bar.value() == bar.maximum() > before)
    bar.setValue(10)
    before = bar.maximum()
    stage.add(LogLine(0.0, "info", "more"))
    qtbot.waitUntil(lambda: bar.maximum() > before)
    assert bar.value() == 10


def test_another_run_begins_with_empty_panels(stage):
    stage.train()
    stage.add(row(100), LogLine(0.0, "info", "old"), SnapshotKept(1))
    stage.answer(np.ones((4, 3, 3, 3)))
    stage.run.train(stage.document)
    assert stage.view.log.lines() == []
    assert stage.view.curves.values_text("loss") == ""
    assert stage.view.filters.header_text == ""


def test_devices_are_rows_of_their_own(stage):
    stage.train()
    assert len(stage.view.devices.rows) == 1
    stage.run.train(stage.document)
    assert stage.view.devices.rows == []


def test_eight_gpus_are_a_line_each_with_load_memory_temperature_and_power(stage):
    stage.train()
    gpus = [
        Device("Test GPU", "gpu", 12.5 * number, (), 10**9 * number, 80 * 10**9, 40.0 + number, 300.0)
        for number in range(8)
    ]
    stage.link.arrivals.append(
        Heartbeat(2, EngineState.TRAINING, True, None, stage.link.sequence, (cpu(90.0, 10.0), *gpus))
    )
    stage.run.update()
    rows = stage.view.devices.rows
    assert len(rows) == 9
    assert rows[0].accessibleName().startswith("CPU · load 50 % · cores 90 · 10 %")
    assert rows[8].accessibleName() == "GPU 7 · load 88 % · memory 7.00 GB of 80.0 GB · 47 °C · 300 W"
    assert stage.view.devices.sizeHint().height() < 9 * 24


# ---- Steering ----------------------------------------------------------------------------------------------


def test_a_setting_is_sent_by_enter_where_it_is_one(stage, qtbot):
    stage.train()
    field = stage.view.steering.fields["momentum"]
    assert field.text() == "0.9"
    field.selectAll()
    qtbot.keyClicks(field, "1.5")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.property("wrong")
    assert not any(isinstance(request, Edit) for request in stage.link.asked)
    field.selectAll()
    qtbot.keyClicks(field, "0.5")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert stage.link.asked[-2:] == [CheckpointNow(), Edit("momentum", 0.5)]
    assert not field.property("wrong")


def test_checkpoints_may_be_gone_back_to(stage):
    stage.train()
    assert not stage.view.steering.checkpoints_button.isEnabled()
    stage.add(CheckpointKept(100), CheckpointKept(200))
    entries = stage.view.steering.fill_menu().actions()
    assert [entry.text() for entry in entries] == ["Step 200 · epoch 2", "Step 100 · epoch 1"]
    entries[1].menu().actions()[0].trigger()
    assert stage.link.asked[-1] == RollBack(100)


def test_a_leap_of_the_loss_offers_to_go_back(stage):
    stage.train()
    stage.add(CheckpointKept(100), LossSpiked(150, 12.0, 0.5))
    banner = stage.view.trouble
    assert banner.message == "The loss leapt to 12.0 after step 150; 0.500 is usual."
    banner.action.click()
    assert stage.link.asked[-1] == RollBack(100)
    assert banner.isHidden()


def test_numbers_that_are_not_finite_are_told_with_step_and_layer(stage):
    stage.train()
    nan = Problem("NotFiniteError", {"step": 35, "what": "an output", "where": "conv1"})
    stage.add(CheckpointKept(30), Rewound(30, nan, True))
    message = stage.view.trouble.message
    assert message.startswith("Step 35: an output (conv1) is not a finite number.")
    assert message.endswith("Training went on from step 30.")
    assert stage.view.trouble.action.isHidden()


def test_a_fork_trains_the_runs_network_with_other_settings(stage):
    stage.train()
    dialog = ForkDialog(stage.document, stage.run, 100)
    dialog.fields["rate"].setText("0.25")
    dialog.fields["epochs"].setText("20")
    assert dialog.network.training.schedule.rate == 0.25
    assert dialog.network.training.epochs == 20
    dialog.fields["early_stop"].setText("4")
    assert dialog.network.training.early_stop == 4
    assert dialog.network.graph == stage.run.record.network.graph
    dialog.fields["decay"].setText("-1")
    dialog._on_accepted()
    assert dialog.result() == 0
    dialog.fields["decay"].setText("0")
    dialog.fields["epochs"].setText("1")
    dialog._on_accepted()
    assert dialog._problem.text() == "Epochs: 1 are done at this checkpoint; expected more."
    dialog.fields["epochs"].setText("2")
    dialog._on_accepted()
    assert dialog.result() == 1


# ---- More about curves -------------------------------------------------------------------------------------


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
    export.write_png(tmp_path / "a.png", stage.view.curves)
    assert QImage(str(tmp_path / "a.png")).width() == stage.view.curves.width()
    export.write_svg(tmp_path / "a.svg", list(stage.view.curves.plots.values())[:2])
    assert "<polyline" in (tmp_path / "a.svg").read_text()
    with pytest.raises(OSError, match="No such file"):
        export.write_svg(tmp_path / "none" / "a.svg", list(stage.view.curves.plots.values()))


# ---- Looking inside ----------------------------------------------------------------------------------------


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
    assert panel.reading.full_text == "Filter 3 of 4 · row 2, column 3 · R 0.500 · G -0.250 · B 1.00"
    stage.add(SnapshotKept(3))
    stage.answer(2 * array)
    assert panel.reading.full_text.endswith("R 1.00 · G -0.500 · B 2.00"), "it is read anew"
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
    panel.play.forwards.click()
    assert panel.slider.value() == 0, "once more from the beginning"
    qtbot.waitUntil(lambda: panel.slider.value() == 2 and not panel.play.forwards.isChecked())
    panel.play.backwards.click()
    qtbot.waitUntil(lambda: panel.slider.value() == 0 and not panel.play.backwards.isChecked())


def test_health_is_told_with_threshold_and_advice_and_chooses_the_layer(stage):
    stage.train()
    spread = Histogram(-1.0, 1.0, 0.5, (1, 2, 3, 2, 1))
    layers = (
        LayerHealth("conv1", weights=spread, gradients=spread, outputs=spread, update_ratio=0.05, dead=0.0),
        LayerHealth("conv2", weights=spread, update_ratio=0.001, gradient_norm=1.0, dead=0.5),
    )
    view = stage.view
    view.inside.show_view(view.health)
    stage.add(HealthMeasured(1, layers))
    assert view.health.table.item(0, 0).text() == "▲ conv1"
    assert "above 0.01 is much" in view.health.advice.text()
    view.health.table.selectRow(1)
    assert stage.selection.layers == ("conv2",)
    assert view.health.advice.text().startswith("50.0 % of the units give nothing")
    assert coloured(view.health.spreads["weights"], theme.colour("accent")) > 20


def test_what_is_inside_may_take_all_the_room(stage, qtbot):
    stage.train()
    view = stage.view
    height, width = view.filters.height(), view.filters.width()
    view.inside.enlarge_button.click()
    qtbot.waitUntil(lambda: view.filters.height() > height + 100 and view.filters.width() > width + 100)
    view.inside.enlarge_button.click()
    assert view.curves.isVisible()
