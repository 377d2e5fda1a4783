"""The run model, driven by a link that the test holds."""

import dataclasses

import numpy as np
import pytest

from engine.curves import NAMES, pack
from engine.errors import EngineDiedError, EngineStartError, ProtocolError
from engine.graph.network_file import dumps, loads
from engine.graph.settings import TrainingSettings
from engine.protocol.inbox import Link
from engine.protocol.messages import (
    CheckpointKept,
    CheckpointNow,
    Done,
    Edit,
    Edited,
    Entries,
    Fork,
    GetNetwork,
    Heartbeat,
    Kill,
    LogLine,
    Network,
    Overview,
    Pause,
    Problem,
    Progress,
    Resume,
    Rewound,
    SnapshotKept,
    StateChanged,
    Stop,
)
from engine.protocol.messages import (
    RunState as EngineState,
)
from studio.models.run import RunModel
from studio.models.run_state import RunState
from studio.models.run_status import TESTING_SHOWN_AFTER
from studio.services.link import NotStarted
from tests.studio.fake_engine import FakeEngines, row, rows, small_document
from tests.studio.models.test_runs import card

DIED = EngineDiedError(pid=1, reason="killed by signal 9")


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def engines():
    return FakeEngines()


@pytest.fixture
def run(engines, clock):
    return RunModel(engines, clock)


@pytest.fixture
def training(run, engines):
    """A run in the state "training", and its link."""
    run.train(small_document())
    engines.link.welcome()
    engines.link.state(EngineState.TRAINING)
    engines.link.beat(EngineState.TRAINING)
    run.update()
    return run, engines.link


def test_training_sends_the_network_as_it_is_drawn_and_saves_nothing(run, engines, tmp_path):
    document = small_document()
    run.train(document, "cpu")
    assert run.state is RunState.STARTING
    (order,) = engines.orders
    assert loads(order.network) == document.network or order.network == dumps(document.network)
    assert (order.name, order.device) == ("small", "cpu")
    assert document.path is None


def test_edits_after_the_start_do_not_reach_the_network_of_the_run(run):
    document = small_document()
    run.train(document)
    document.network.graph.remove("conv2")
    assert "conv2" in run.record.network.graph


@pytest.mark.parametrize("state", list(EngineState))
def test_the_state_is_what_the_engine_says(training, clock, state):
    run, link = training
    link.state(state)
    run.update()
    clock.now += TESTING_SHOWN_AFTER
    run.update()
    assert run.state == state.value


def test_a_short_measuring_of_the_error_does_not_flicker(training, clock):
    run, link = training
    states = []
    run.state_changed.connect(lambda: states.append(run.state))
    for state in (EngineState.TESTING, EngineState.TRAINING) * 3:
        link.state(state)
        clock.now += TESTING_SHOWN_AFTER / 2
        run.update()
    assert states == []


def test_stopping_lasts_until_the_engine_says_stopped(training):
    run, link = training
    run.stop()
    assert run.state is RunState.STOPPING
    assert not run.can_stop
    link.answer_last(Done())
    run.update()
    assert run.state is RunState.STOPPING
    link.state(EngineState.TESTING)
    run.update()
    assert run.state is RunState.STOPPING
    link.state(EngineState.STOPPED)
    run.update()
    assert run.state is RunState.STOPPED
    assert run.can_train


def test_pause_and_resume_are_shown_as_they_happen(training):
    run, link = training
    run.pause()
    assert run.state is RunState.PAUSING
    assert not run.can_pause
    assert isinstance(link.asked[-1], Pause)
    link.state(EngineState.PAUSED)
    run.update()
    assert run.state is RunState.PAUSED
    assert run.can_resume
    run.resume()
    assert isinstance(link.asked[-1], Resume)
    assert not run.can_resume
    link.state(EngineState.TRAINING)
    run.update()
    assert run.state is RunState.TRAINING
    assert run.can_pause


def test_a_refused_command_is_told_and_leaves_the_state_as_it_is(training):
    run, link = training
    told = []
    run.refused.connect(told.append)
    run.pause()
    link.answer_last(ProtocolError(message="no"))
    run.update()
    assert run.state is RunState.TRAINING
    assert [str(problem) for problem in told] == ["no"]


def test_a_silent_engine_is_not_responding_until_it_is_heard_again(training):
    run, link = training
    link.link(Link.NOT_RESPONDING)
    run.update()
    assert run.state is RunState.NOT_RESPONDING
    assert run.can_stop
    assert not run.can_pause
    link.link(Link.CONNECTED)
    run.update()
    assert run.state is RunState.TRAINING


def test_a_training_process_that_hangs_can_be_ended_through_its_engine(training):
    run, link = training
    link.beat(EngineState.TRAINING, responding=False)
    run.update()
    assert run.state is RunState.HUNG
    assert run.can_kill
    run.kill()
    assert link.asked[-1] == Kill()
    assert not link.killed


def test_an_engine_that_hangs_takes_no_request_and_is_ended_itself(training):
    run, link = training
    asked = len(link.asked)
    link.link(Link.NOT_RESPONDING)
    run.update()
    run.kill()
    assert link.killed
    assert len(link.asked) == asked


def test_slowness_is_told_from_a_hang_and_takes_commands(training):
    run, link = training
    link.beat(EngineState.TRAINING, slow=True)
    run.update()
    assert run.state is RunState.SLOW
    assert run.can_pause
    assert not run.can_kill


def test_a_full_disk_is_told_once(training):
    run, link = training
    told = []
    run.refused.connect(told.append)
    problem = Problem("RunFolderUnwritableError", {"path": "/runs/digits-1", "reason": "disk full"})
    for _ in range(3):
        link.arrivals.append(Heartbeat(1, EngineState.TRAINING, True, None, link.sequence, (), problem))
        run.update()
    assert [str(error).partition(":")[0] for error in told] == ["/runs/digits-1"]


@pytest.mark.parametrize(
    ("state", "can"), [(EngineState.STOPPED, True), (EngineState.FAILED, True), (EngineState.FINISHED, False)]
)
def test_an_ended_run_that_is_not_finished_can_be_taken_up(training, engines, state, can):
    run, link = training
    link.journal(row(5))
    link.state(state)
    run.update()
    assert run.can_take_up == can
    if can:
        run.take_up()
        assert engines.resumed == "/runs/digits-1"
        assert link.dismissed
        assert run.state is RunState.STARTING


def test_what_never_began_cannot_be_taken_up(training):
    run, link = training
    link.state(EngineState.FAILED)
    run.update()
    assert not run.can_take_up


def test_earlier_ends_of_a_run_that_goes_on_again_are_not_taken_for_its_end(run, engines, tmp_path):
    run.attach(tmp_path / "connection.json")
    link = engines.link
    link.welcome(EngineState.TRAINING)
    link.journal(row(5), StateChanged(0.0, EngineState.STOPPED))
    run.update()
    assert run.state is RunState.TRAINING
    link.beat(EngineState.TRAINING)
    link.journal(Rewound(0), StateChanged(0.0, EngineState.TRAINING))
    link.sequence += 10
    link.beat(EngineState.TRAINING)
    run.update()
    assert run.state is RunState.TRAINING


@pytest.mark.parametrize("gone", [Link.CLOSED, Link.DIED, Link.NOT_RESPONDING])
def test_an_engine_that_goes_after_the_end_leaves_the_end_as_it_was(training, gone):
    run, link = training
    link.state(EngineState.FINISHED)
    link.link(gone, DIED)
    run.update()
    assert run.state is RunState.FINISHED
    assert run.cause is None


def test_an_engine_that_goes_without_a_word_has_died_with_a_cause(training):
    run, link = training
    link.link(Link.DIED, DIED)
    run.update()
    assert run.state is RunState.DIED
    assert run.cause is DIED
    assert run.can_train
    assert not run.can_stop


def test_a_resumed_engine_of_the_same_run_ends_the_death(training):
    run, link = training
    link.link(Link.DIED, DIED)
    run.update()
    link.link(Link.CONNECTED)
    link.journal(Rewound(0))
    link.state(EngineState.COMPILING)
    run.update()
    assert run.state is RunState.COMPILING
    assert run.cause is None


def test_an_engine_that_cannot_be_started_has_failed_with_its_reason(run, engines):
    run.train(small_document())
    reason = EngineStartError(reason="no room")
    engines.link.arrivals.append(NotStarted(reason))
    run.update()
    assert run.state is RunState.FAILED
    assert run.cause is reason


def test_a_failed_run_gives_the_engines_reason(training):
    run, link = training
    link.journal(
        StateChanged(
            0.0,
            EngineState.FAILED,
            Problem("NotFiniteError", {"step": 7, "what": "the loss", "where": "training"}),
        )
    )
    run.update()
    assert run.state is RunState.FAILED
    assert str(run.cause).startswith("Step 7: the loss (training) is not a finite number")


def test_attaching_asks_for_the_network_as_run(run, engines, tmp_path):
    run.attach(tmp_path / "connection.json")
    assert engines.attached == tmp_path / "connection.json"
    engines.link.welcome(EngineState.TRAINING)
    run.update()
    assert engines.link.asked == [GetNetwork()]
    document = small_document()
    engines.link.answer_last(Network(dumps(document.network), None))
    run.update()
    assert run.record.network.graph == document.network.graph
    assert (run.state, run.record.name, run.record.run_folder) == (
        RunState.TRAINING,
        "digits",
        "/runs/digits-1",
    )


def test_entries_that_are_sent_twice_are_taken_once(training):
    run, link = training
    first = link.sequence + 1
    link.journal(*rows(range(10)))
    link.arrivals.append(Entries(first + 5, tuple(rows(range(5, 15)))))
    run.update()
    assert run.record.metrics["train"].column("step").tolist() == list(range(15))


def test_a_rewound_run_forgets_rows_and_snapshots_after_its_checkpoint(training):
    run, link = training
    link.journal(*rows(range(0, 50, 10)), SnapshotKept(10), SnapshotKept(40), Rewound(20), row(30, loss=7.0))
    run.update()
    assert run.record.metrics["train"].column("step").tolist() == [0, 10, 20, 30]
    assert run.record.metrics.last("train", "loss") == 7.0
    assert run.record.snapshots == [10]


def test_each_event_is_emitted_once_however_much_arrived(training):
    run, link = training
    emitted = []
    for name in ("metrics_added", "log_added", "snapshots_added", "progress_changed", "devices_changed"):
        getattr(run, name).connect(lambda name=name: emitted.append(name))
    link.journal(*rows(range(500)), *(LogLine(0.0, "info", str(n)) for n in range(50)), SnapshotKept(1))
    link.beat(EngineState.TRAINING, 10)
    link.beat(EngineState.TRAINING, 20)
    run.update()
    assert sorted(emitted) == [
        "devices_changed",
        "log_added",
        "metrics_added",
        "progress_changed",
        "snapshots_added",
    ]
    assert run.record.progress.step == 20


def test_while_the_journal_is_read_the_engines_own_word_counts(training):
    run, link = training
    link.sequence += 100  # the engine holds a hundred entries more
    link.beat(EngineState.PAUSED)
    run.update()
    assert run.state is RunState.PAUSED


def test_elapsed_time_runs_between_rows_and_stands_still_in_a_pause(training, clock):
    run, link = training
    link.journal(row(500))  # 5 s of training
    run.update()
    clock.now += 2.0
    assert run.elapsed == pytest.approx(7.0)
    link.state(EngineState.PAUSED)
    run.update()
    assert run.elapsed == pytest.approx(5.0)


def test_another_training_begins_with_nothing_of_the_one_before(training, engines):
    run, link = training
    link.journal(*rows(range(5)), SnapshotKept(1))
    link.state(EngineState.FINISHED)
    run.update()
    replaced = []
    run.run_replaced.connect(lambda: replaced.append(run.state))
    run.train(small_document())
    assert replaced == [RunState.STARTING]
    assert link.dismissed
    assert len(run.record.metrics["train"]) == 0
    assert run.record.snapshots == []
    link.journal(row(6))
    run.update()
    assert len(run.record.metrics["train"]) == 0


def test_leaving_dismisses_an_engine_whose_run_has_ended_and_no_other(training):
    run, link = training
    run.detach()
    assert link.closed
    assert not link.dismissed


def test_stop_is_sent_to_an_engine_that_is_still_starting(run, engines):
    run.train(small_document())
    run.stop()
    assert engines.link.asked == [Stop()]
    assert run.state is RunState.STOPPING


# ---- Steering ----------------------------------------------------------------------------------------------


def test_an_edit_is_asked_for_after_a_checkpoint(training):
    run, link = training
    run.edit("rate", 0.5)
    assert link.asked[-2:] == [CheckpointNow(), Edit("rate", 0.5)]
    link.journal(CheckpointKept(7), Edited(7, "rate", 0.01, 0.5), Edited(7, "epochs", 10, 20))
    link.beat(EngineState.TRAINING, step=10, total=2000)
    run.update()
    assert (run.record.setting("rate"), run.record.setting("momentum")) == (0.5, 0.9)
    assert run.record.checkpoints == [7]


def test_an_edit_of_a_later_step_is_shown_after_a_resume_once_the_training_is_there(training):
    run, link = training
    changes = []
    run.marks_changed.connect(lambda: changes.append(run.record.setting("rate")))
    link.journal(Edited(7, "rate", 0.01, 0.5), Rewound(5), row(6))
    run.update()
    link.journal(row(7))
    run.update()
    assert changes == [0.01, 0.5]


def test_steps_per_epoch_are_those_of_the_epochs_as_edited(training):
    run, link = training
    progress = Progress(5, 400, 0, 1.0, 1.0, 40)
    link.arrivals.append(Heartbeat(1, EngineState.TRAINING, True, progress, 0, ()))
    run.update()
    assert run.record.steps_per_epoch == 10


def test_a_fork_starts_another_engine_at_the_checkpoint(training, engines):
    run, _ = training
    run.update()
    network = dataclasses.replace(run.record.network, training=TrainingSettings(epochs=3))
    run.fork(network, 7, "cpu")
    assert engines.links[0].closed
    assert engines.orders[-1].fork == Fork("/runs/digits-1", 7)
    assert loads(engines.orders[-1].network).training.epochs == 3
    assert run.state is RunState.STARTING
    assert run.record.metrics.last("train", "loss") is None


def test_the_best_checkpoint_is_that_of_the_first_least_validation_error(training):
    run, link = training
    errors = {10: 0.5, 20: 0.2, 30: 0.2, 40: 0.4}
    for step, error in errors.items():
        link.journal(row(step, split="validation", error=error), CheckpointKept(step))
    run.update()
    assert run.record.best is not None
    assert run.record.best[0] == 20
    assert run.record.checkpoints == [20, 30, 40]


def test_what_the_journal_has_so_far_is_taken_in_at_once(training):
    run, link = training
    train = pack("train", {name: np.array([1.0, 3.0]) for name in NAMES} | {"rows": np.array([1.0, 2.0])})
    events = (StateChanged(0.0, EngineState.TRAINING), SnapshotKept(1), CheckpointKept(1))
    link.arrivals.append(Overview(6, events, (train,)))
    link.sequence = 6
    link.journal(row(4))
    run.update()
    assert run.state is RunState.TRAINING
    assert run.record.metrics["train"].column("step").tolist() == [1, 3, 4]
    assert run.record.metrics["train"].column("rows").tolist() == [1, 2, 1]
    assert run.record.snapshots == run.record.marks.checkpoints == [1]
    assert run.record.sequence == 7


def test_going_back_leads_to_a_checkpoint_that_is_still_there(training):
    run, link = training  # which keeps three
    link.journal(*map(CheckpointKept, (10, 20, 30, 40)))
    run.update()
    assert run.record.checkpoints == [20, 30, 40]
    assert [run.record.checkpoint_before(step) for step in (9, 15, 20, 39, 99)] == [0, 0, 20, 30, 40]


def test_a_run_that_is_looked_at_again_stays_as_it_is(training):
    run, link = training
    shown = card(run_folder=run.record.run_folder, connection="/engine.json")
    run.look_at(shown)
    assert not link.closed
    assert run.record.run_folder == shown.run_folder
    run.look_at(card(run_folder="/runs/other", connection="/other.json"))
    assert link.closed
