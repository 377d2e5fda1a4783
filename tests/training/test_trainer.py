"""Whole trainings against a plain loop, and what is asked for while they run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import durable
from engine.data.dataset import Dataset
from engine.data.open import open_dataset
from engine.errors import CheckpointError, InvalidNetworkError, NotFiniteError, PlanError
from engine.graph.layer_graph import Wire
from engine.graph.schedules import Constant, Steps
from engine.graph.settings import DataSettings
from engine.layers.catalogue import CrossEntropy, Data, Fc
from engine.plan.analysis.infer import all_weights, infer
from engine.protocol.messages import Edit, RunState
from engine.training.initial import initial_weights
from engine.training.monitor import Monitor
from engine.training.run import train
from engine.training.trainer import Trainer
from kernels.philox import Stream, permutation
from tests.training.running import (
    CLASSES,
    Recorder,
    fingerprint,
    last_checkpoint,
    linear_graph,
    make_run,
    network,
    run_training,
    save_pictures,
    stop_at,
)

Arrays = dict[str, NDArray[Any]]


@pytest.fixture
def pictures(tmp_path: Path) -> Arrays:
    return save_pictures(tmp_path)


def softmax(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(sums - sums.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


class PlainLoop:
    """Softmax regression with cuda-convnet's update rule, in float64, example by example in words."""

    def __init__(self, pictures: Arrays) -> None:
        self.pictures = pictures
        self.mean = pictures["train_pictures"].mean()
        specs = all_weights(infer(linear_graph())).values()
        self.weights, self.biases = (initial_weights(spec, n, seed=0) for n, spec in enumerate(specs))
        self.speeds = [np.zeros_like(self.weights), np.zeros_like(self.biases)]
        self.rows: list[tuple[int, str, float, float]] = []

    def values(self, split: str) -> NDArray[np.float64]:
        return (self.pictures[f"{split}_pictures"].reshape(-1, 16) - self.mean) / 64

    def figures(self, values: NDArray[np.float64], labels: NDArray[np.int64]) -> tuple[float, float]:
        chances = softmax(values @ self.weights.T + self.biases)
        loss = -np.log(chances[np.arange(len(labels)), labels]).mean()
        return float(loss), float((chances.argmax(axis=1) != labels).mean())

    def train(self, epochs: int, rates: list[float], momentum: float, decay: float) -> None:
        values, labels = self.values("train"), self.pictures["train_labels"]
        step = 0
        for epoch in range(epochs):
            order = permutation(len(labels), 0, Stream.ORDER, epoch)
            for first in (0, 64):
                x, t = values[order[first : first + 64]], labels[order[first : first + 64]]
                step += 1
                self.rows.append((step, "train", *self.figures(x, t)))
                error = softmax(x @ self.weights.T + self.biases) - np.eye(CLASSES)[t]
                gradients = [error.T @ x / len(t), error.sum(axis=0) / len(t)]
                weights = [self.weights, self.biases]
                for number, decays in enumerate((decay, 0.0)):
                    self.speeds[number] *= momentum
                    self.speeds[number] -= rates[epoch] * (decays * weights[number] + gradients[number])
                    weights[number] += self.speeds[number]
            for split in ("validation", "test"):
                self.rows.append(
                    (step, split, *self.figures(self.values(split), self.pictures[f"{split}_labels"]))
                )


def test_a_training_is_the_plain_loop(tmp_path: Path, pictures: Arrays) -> None:
    """Order of examples, short last batches of 36, momentum, decay, schedule, figures: all at once."""
    recorder = Recorder()
    outcome, run = run_training(
        tmp_path, network(linear_graph(), Steps(rate=0.2, factor=0.5, epochs=(1, 2))), recorder
    )
    plain = PlainLoop(pictures)
    plain.train(3, [0.2, 0.1, 0.05], momentum=0.9, decay=0.01)
    assert outcome == "finished"
    tensors = last_checkpoint(run).tensors
    np.testing.assert_allclose(tensors["fc.weights"], plain.weights, rtol=2e-4, atol=1e-6)
    np.testing.assert_allclose(tensors["fc.biases"], plain.biases, rtol=2e-4, atol=1e-6)
    np.testing.assert_allclose(tensors["fc.weights.velocity"], plain.speeds[0], rtol=2e-3, atol=1e-6)
    assert [(row.step, row.split) for row in recorder.rows] == [row[:2] for row in plain.rows]
    for row, (_, _, loss, error) in zip(recorder.rows, plain.rows, strict=True):
        assert row.loss == pytest.approx(loss, rel=1e-4)
        assert row.error == pytest.approx(error)


def test_a_layers_own_rates_momentum_and_decay_take_the_place_of_the_networks(
    tmp_path: Path, pictures: Arrays
) -> None:
    graph = linear_graph(rate=2.0, bias_rate=2.0, momentum=0.5, decay=0.02)
    _, run = run_training(tmp_path, network(graph, Constant(rate=0.1), epochs=2), Recorder())
    plain = PlainLoop(pictures)
    plain.train(2, [0.2, 0.2], momentum=0.5, decay=0.02)
    np.testing.assert_allclose(
        last_checkpoint(run).tensors["fc.weights"], plain.weights, rtol=2e-4, atol=1e-6
    )


def test_rows_tell_step_epoch_examples_and_rate(tmp_path: Path, pictures: Arrays) -> None:
    recorder = Recorder()
    run_training(tmp_path, network(linear_graph()), recorder)
    rows = [(r.step, r.epoch, r.examples, r.learning_rate) for r in recorder.rows if r.split == "train"]
    rates = [0.05, 0.05, 0.05, 0.05, 0.005, 0.005]
    examples = [64, 100, 164, 200, 264, 300]
    assert rows == [(i + 1, i // 2, examples[i], pytest.approx(rates[i])) for i in range(6)]
    assert recorder.newest.step == recorder.newest.total_steps == 6
    assert recorder.newest.eta_seconds is not None


def test_a_row_of_several_steps_is_the_mean_over_their_examples(
    tmp_path: Path, pictures: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three steps a row: batches of 64, 36, 64 and of 36, 64, 36 examples; tests come in between."""
    (tmp_path / "each").mkdir()
    save_pictures(tmp_path / "each")
    each, few = Recorder(), Recorder()
    run_training(tmp_path / "each", network(), each)
    monkeypatch.setattr("engine.training.place.MOST_TRAIN_ROWS", 2)
    run_training(tmp_path, network(), few)
    steps = [row for row in each.rows if row.split == "train"]
    rows = [row for row in few.rows if row.split == "train"]
    assert [row.step for row in rows] == [3, 6]
    for row, some, sizes in zip(rows, (steps[:3], steps[3:]), ((64, 36, 64), (36, 64, 36)), strict=True):
        assert row.loss == pytest.approx(np.average([step.loss for step in some], weights=sizes))
        assert row.error == pytest.approx(np.average([step.error for step in some], weights=sizes))


def test_tests_and_checkpoints_come_every_so_many_epochs_and_at_the_end(
    tmp_path: Path, pictures: Arrays
) -> None:
    recorder = Recorder()
    what = network(linear_graph(), epochs=5, test_every=2, checkpoint_every=2)
    _, run = run_training(tmp_path, what, recorder)
    assert [row.step for row in recorder.rows if row.split == "test"] == [4, 8, 10]
    assert recorder.checkpoints == [4, 8, 10]
    assert len(list(run.checkpoints.glob("*.json"))) == 3


def test_all_snapshots_of_a_short_training_are_kept(tmp_path: Path, pictures: Arrays) -> None:
    recorder = Recorder()
    run_training(tmp_path, network(), recorder)
    assert recorder.snapshots == [0, 1, 2, 3, 4, 5, 6]


def test_every_data_layer_is_fed(tmp_path: Path, pictures: Arrays) -> None:
    """A second pair of data and labels sees what the first sees: both branches learn the same."""
    graph = linear_graph()
    for name in list(graph):
        graph.add(f"{name}2", graph[name])
    for wire in graph.wires():
        graph.connect(Wire(f"{wire.source}2", f"{wire.target}2", wire.port))
    graph.replace("fc", Fc(outputs=CLASSES, initial="normal", deviation=0.0))
    graph.replace("fc2", Fc(outputs=CLASSES, initial="normal", deviation=0.0))
    _, run = run_training(tmp_path, network(graph), Recorder())
    tensors = last_checkpoint(run).tensors
    assert np.any(tensors["fc.weights"] != 0)
    assert tensors["fc.weights"].tobytes() == tensors["fc2.weights"].tobytes()


# ---- Resume ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [2000, 2])
@pytest.mark.parametrize("stops", [(1,), (2,), (3, 4), (5,), (1, 2, 3, 4, 5)])
def test_a_resumed_training_is_the_one_that_was_never_stopped(
    tmp_path: Path, pictures: Arrays, monkeypatch: pytest.MonkeyPatch, stops: tuple[int, ...], rows: int
) -> None:
    """In the middle of an epoch and at its end, once or at each step: all arrays and figures are equal.

    With a row for each step, and with one for three steps, which the tests of an epoch come between.
    """
    monkeypatch.setattr("engine.training.place.MOST_TRAIN_ROWS", rows)
    (tmp_path / "whole").mkdir()
    save_pictures(tmp_path / "whole")
    whole = Recorder()
    _, undisturbed = run_training(tmp_path / "whole", network(), whole)
    run = None
    figures = []
    for step in stops:
        recorder = stop_at(step)
        outcome, run = run_training(tmp_path, network(), recorder, run)
        assert outcome == "stopped"
        assert last_checkpoint(run).step == step
        figures += recorder.figures()
    recorder = Recorder()
    outcome, run = run_training(tmp_path, network(), recorder, run)
    assert outcome == "finished"
    assert fingerprint(run) == fingerprint(undisturbed)
    assert figures + recorder.figures() == whole.figures()


def test_a_stop_after_the_last_step_is_a_finish(tmp_path: Path, pictures: Arrays) -> None:
    outcome, _ = run_training(tmp_path, network(), stop_at(6))
    assert outcome == "finished"


def test_a_finished_training_that_is_resumed_does_nothing_more(tmp_path: Path, pictures: Arrays) -> None:
    _, run = run_training(tmp_path, network(), Recorder())
    before = fingerprint(run)
    recorder = Recorder()
    assert run_training(tmp_path, network(), recorder, run)[0] == "finished"
    assert recorder.rows == []
    assert fingerprint(run) == before


@pytest.mark.parametrize(
    "other",
    [
        network(linear_graph()),
        network(schedule=Constant(rate=0.05)),
        network(seed=1),
    ],
)
def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path, pictures: Arrays, other: Any) -> None:
    _, run = run_training(tmp_path, network(), stop_at(2))
    with pytest.raises(CheckpointError, match="expected a checkpoint of the network in this run folder"):
        run_training(tmp_path, other, Recorder(), run)


def test_a_network_that_was_only_drawn_anew_may_go_on(tmp_path: Path, pictures: Arrays) -> None:
    _, run = run_training(tmp_path, network(), stop_at(2))
    moved = dataclasses.replace(network(), positions={"conv": (100.0, 50.0)})
    assert run_training(tmp_path, moved, Recorder(), run)[0] == "finished"


# ---- Commands --------------------------------------------------------------------------------------------


def test_pause_waits_for_resume_and_changes_nothing(tmp_path: Path, pictures: Arrays) -> None:
    waits: list[bool] = []

    def steer(recorder: Recorder, wait: bool) -> list[Any]:
        waits.append(wait)
        if wait:
            return ["pause"] if len(waits) < 6 else ["resume"]
        return ["pause"] if recorder.newest.step == 2 else []

    recorder, whole = Recorder(steer), Recorder()
    _, run = run_training(tmp_path, network(), recorder)
    (tmp_path / "whole").mkdir()
    save_pictures(tmp_path / "whole")
    _, undisturbed = run_training(tmp_path / "whole", network(), whole)
    assert waits.count(True) == 3
    paused = recorder.states.index(RunState.PAUSED)
    assert recorder.states[paused + 1] == RunState.TRAINING
    assert recorder.states.count(RunState.PAUSED) == 1
    assert fingerprint(run) == fingerprint(undisturbed)


def test_what_is_asked_for_while_pictures_are_decoded_is_done_before_the_first_step(
    tmp_path: Path, pictures: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit = Edit(setting="rate", value=0.5)
    asked: list[list[Any]] = [["pause", edit], ["checkpoint"], [], ["resume"]]

    def decode(settings: DataSettings, base: Path, progress: Callable[[int], None]) -> Dataset:
        for done in range(3):
            progress(done)
        return open_dataset(settings, base)

    monkeypatch.setattr("engine.training.run.open_dataset", decode)
    recorder = Recorder(lambda *_: asked.pop(0) if asked else [])
    run_training(tmp_path, network(), recorder)
    assert recorder.states[:4] == [
        RunState.COMPILING,
        RunState.TRAINING,
        RunState.PAUSED,
        RunState.TRAINING,
    ]
    assert [(edit.step, edit.new) for edit in recorder.edits] == [(0, 0.5)]
    assert recorder.checkpoints[0] == 0
    assert recorder.rows[0].learning_rate == 0.5


def test_a_stop_while_pictures_are_decoded_ends_that(
    tmp_path: Path, pictures: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.training.run.open_dataset", lambda _settings, _base, progress: progress(1))
    outcome, _ = run_training(tmp_path, network(), Recorder(lambda *_: ["stop"]))
    assert outcome == "stopped"


def test_a_paused_training_can_be_stopped(tmp_path: Path, pictures: Arrays) -> None:
    def steer(recorder: Recorder, wait: bool) -> list[Any]:
        return ["stop"] if wait else ["pause"] if recorder.newest.step == 3 else []

    recorder = Recorder(steer)
    outcome, run = run_training(tmp_path, network(), recorder)
    assert outcome == "stopped"
    assert last_checkpoint(run).step == 3


def test_a_checkpoint_that_is_asked_for_is_kept_also_while_paused(tmp_path: Path, pictures: Arrays) -> None:
    answers = {(3, False): ["checkpoint", "pause"], (3, True): ["checkpoint", "resume"]}
    recorder = Recorder(lambda recorder, wait: answers.get((recorder.newest.step, wait), []))  # type: ignore[arg-type, return-value]
    run_training(tmp_path, network(), recorder)
    assert recorder.checkpoints == [2, 3, 3, 4, 6]


def test_a_pause_holds_through_a_step_back_and_what_was_asked_for_behind_it_is_done(
    tmp_path: Path, pictures: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkpoint that is asked for in the pause finds a number that is not finite."""
    waits: list[list[Any]] = [["checkpoint", Edit("rate", 0.5)], ["resume"]]
    recorder = Recorder(
        lambda recorder, wait: (
            waits.pop(0) if wait else ["pause"] * (recorder.newest.step == 3 and bool(waits))
        )
    )
    original = Monitor.check_finite

    def check_finite(monitor: Monitor, learned: Any, step: int) -> None:
        original(monitor, learned, step)
        if recorder.states[-1] is RunState.PAUSED and not recorder.rewinds:
            raise NotFiniteError(step=step, what="a number", where="fc10.weights")

    monkeypatch.setattr(Monitor, "check_finite", check_finite)
    assert run_training(tmp_path, network(), recorder)[0] == "finished"
    assert [step for step, _ in recorder.rewinds] == [2]
    paused = recorder.states.index(RunState.PAUSED)
    assert recorder.states[paused : paused + 3] == [RunState.PAUSED, RunState.PAUSED, RunState.TRAINING]
    assert [(edit.step, edit.new) for edit in recorder.edits] == [(2, 0.5)]


def test_a_death_between_the_last_step_of_an_epoch_and_its_tests_loses_no_figures(
    tmp_path: Path, pictures: Arrays
) -> None:
    class Dying(Recorder):
        def state(self, state: RunState) -> None:
            if state == RunState.TESTING:
                raise KeyboardInterrupt

    dying = Dying(lambda recorder, _: ["checkpoint"] if recorder.newest.step == 2 else [])
    run = make_run(tmp_path, network())
    with pytest.raises(KeyboardInterrupt):
        train(network(), tmp_path, run, device="cpu", observer=dying)
    assert last_checkpoint(run).step == 2
    recorder, whole = Recorder(), Recorder()
    run_training(tmp_path, network(), recorder, run)
    (tmp_path / "whole").mkdir()
    save_pictures(tmp_path / "whole")
    run_training(tmp_path / "whole", network(), whole)
    assert dying.figures() + recorder.figures() == whole.figures()


def test_states_follow_the_training(tmp_path: Path, pictures: Arrays) -> None:
    recorder = Recorder()
    run_training(tmp_path, network(epochs=1), recorder)
    assert recorder.states[:2] == [RunState.COMPILING, RunState.TRAINING]
    assert RunState.TESTING in recorder.states


# ---- What goes wrong -------------------------------------------------------------------------------------


def test_a_loss_that_is_no_number_ends_the_training_with_the_step_and_good_weights(
    tmp_path: Path, pictures: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fourth batch is poisoned: steps count from 0."""
    trainers: list[Any] = []

    class Poisoned(Trainer):
        def _feed(self, batch: Any) -> None:
            trainers[:] = [self]
            super()._feed(batch)
            if self.place.step == 3:
                self._arrays["data.output"][1] = np.nan

    monkeypatch.setattr("engine.training.run.Trainer", Poisoned)
    with pytest.raises(
        NotFiniteError, match=r"^Step 3: an output \(data\) is not a finite number\..*lower the learning rate"
    ):
        run_training(tmp_path, network(), Recorder())
    for name, array in trainers[0].learned().items():
        if not name.endswith("metrics"):
            assert np.isfinite(array).all(), name


def test_a_rate_that_is_far_too_high_ends_the_same_way(tmp_path: Path, pictures: Arrays) -> None:
    recorder = Recorder()
    with np.errstate(all="ignore"), pytest.raises(NotFiniteError):
        run_training(tmp_path, network(schedule=Constant(rate=1e38)), recorder)
    assert all(np.isfinite(row.loss) for row in recorder.rows if row.split == "train")


def test_a_disk_that_takes_no_checkpoint_is_told_of_and_training_goes_on(
    tmp_path: Path, pictures: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    recorder = Recorder()
    run = make_run(tmp_path, network())
    monkeypatch.setattr(durable, "put", full)
    outcome = train(network(), tmp_path, run, device="cpu", observer=recorder)
    assert outcome == "finished"
    assert len([row for row in recorder.rows if row.split == "train"]) == 6
    assert recorder.checkpoints == recorder.snapshots == []
    errors = [text for level, text in recorder.lines if level == "error"]
    assert sum("No space left on device" in text for text in errors) == 1 + 7
    assert sum("No space left on device" in str(error) for error in recorder.refusals) == 3


def test_nothing_that_learns_is_told_before_training(tmp_path: Path, pictures: Arrays) -> None:
    with pytest.raises(PlanError, match="network: expected a layer that learns, found none"):
        run_training(tmp_path, network(linear_graph(frozen=True)), Recorder())


def test_pictures_of_another_size_are_told_before_training(tmp_path: Path, pictures: Arrays) -> None:
    graph = linear_graph()
    graph.replace("data", Data(size=(28, 28), channels=1))
    with pytest.raises(InvalidNetworkError, match=r"^data: expected pictures of .*28×28"):
        run_training(tmp_path, network(graph), Recorder())


def test_too_few_outputs_are_told_before_training(tmp_path: Path, pictures: Arrays) -> None:
    graph = linear_graph()
    graph.replace("fc", Fc(outputs=2))
    with pytest.raises(InvalidNetworkError, match=r"^fc: expected one for each of the 3 classes"):
        run_training(tmp_path, network(graph), Recorder())


def test_a_second_cost_counts_by_its_coefficient(tmp_path: Path, pictures: Arrays) -> None:
    graph = linear_graph()
    graph.add("loss2", CrossEntropy(coefficient=0.5))
    graph.connect(Wire("probs", "loss2"))
    graph.connect(Wire("labels", "loss2", 1))
    one, two = Recorder(), Recorder()
    (tmp_path / "one").mkdir()
    save_pictures(tmp_path / "one")
    run_training(tmp_path / "one", network(linear_graph(), epochs=1), one)
    run_training(tmp_path, network(graph, epochs=1), two)
    assert two.rows[0].loss == pytest.approx(1.5 * one.rows[0].loss)
    assert two.rows[0].error == one.rows[0].error
