"""What surrounds the views of a training: figures, cards, devices, the log; and which view asks for what."""

import numpy as np
import pytest

from engine.errors import EngineDiedError
from engine.protocol.inbox import Link
from engine.protocol.messages import (
    CheckpointKept,
    Device,
    HealthMeasured,
    Heartbeat,
    Histogram,
    Kill,
    LayerHealth,
    LogLine,
    Problem,
    Progress,
    SnapshotKept,
    StateChanged,
)
from engine.protocol.messages import RunState as EngineState
from studio.models.run_log import LOG_LINES
from studio.qt import theme
from studio.qt.dashboard.log_panel import SearchableLog
from tests.studio.fake_engine import cpu, row
from tests.studio.qt.stage import coloured


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


def test_the_card_tells_where_the_weights_were_best_where_that_checkpoint_is_kept(stage):
    stage.train()
    for step, error in ((100, 0.5), (200, 0.25)):
        stage.add(row(step, error=error, split="validation"), CheckpointKept(step))
    stage.add(StateChanged(0.0, EngineState.FINISHED))
    assert stage.view.outcome.facts == "", "the last weights are the best"
    stage.add(row(300, error=0.75, split="validation"), CheckpointKept(300))
    assert stage.view.outcome.facts == (
        "The validation error was least at step 200, 25.0 %; that checkpoint is kept."
    )


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
