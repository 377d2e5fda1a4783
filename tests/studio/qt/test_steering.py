"""Settings that are edited, checkpoints, forks, and what is offered when the loss leaps."""

from PySide6.QtCore import Qt

from engine.protocol.messages import (
    CheckpointKept,
    CheckpointNow,
    Edit,
    Edited,
    LossSpiked,
    Problem,
    Rewound,
    RollBack,
)
from studio.qt.dashboard.fork_dialog import ForkDialog


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
    stage.add(CheckpointKept(123_450))
    assert stage.view.steering.fill_menu().actions()[0].text() == "Step 123,450 · epoch 1,234.5"


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
    assert message == (
        "In step 35, an output (conv1) was not a finite number.\n"
        "Training went on from step 30. If that happens again, lower the learning rate."
    )
    assert stage.view.trouble.action.isHidden()


def test_going_back_tells_which_settings_are_as_before(stage):
    stage.train()
    nan = Problem("NotFiniteError", {"step": 35, "what": "an output", "where": "conv1"})
    edits = Edited(30, "rate", 0.01, 1.0), Edited(31, "rate", 1.0, 9.0), Edited(31, "decay", 0.0005, 0.5)
    stage.add(CheckpointKept(30), *edits, Rewound(30, nan, True))
    assert stage.view.trouble.message.endswith(
        "Training went on from step 30. Learning rate is 0.01 again. Weight decay is 0.0005 again."
    )
    assert stage.view.steering.fields["rate"].text() == "0.01"


def test_going_back_tells_of_a_choice_by_its_word(stage):
    stage.train()
    stage.add(CheckpointKept(30), Edited(30, "keep_best", 1.0, 0.0))
    stage.add(
        Rewound(30, Problem("NotFiniteError", {"step": 35, "what": "an output", "where": "conv1"}), True)
    )
    assert stage.view.trouble.message.endswith("Keep the best is yes again.")


def test_a_fork_begins_with_the_settings_that_held_at_its_checkpoint(stage):
    stage.train()
    before = stage.view.steering.fields["rate"].text()
    stage.add(CheckpointKept(30), Edited(30, "rate", float(before), 9.0), CheckpointKept(40))
    dialogs = [ForkDialog(stage.document, stage.run, step) for step in (30, 40)]
    assert [dialog.fields["rate"].text() for dialog in dialogs] == [before, "9"]


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
