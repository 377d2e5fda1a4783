"""Real engines, as the studio starts and follows them."""

import os
import signal
import time
from dataclasses import replace

import numpy as np
import pytest

from engine.cli.bench_dashboard import make_long_run
from engine.graph.examples import load_example
from engine.protocol import connection as connections
from engine.protocol.messages import Weights
from studio.models.curves import Curves
from studio.models.document import Document
from studio.models.run import RunModel
from studio.models.run_state import RunState
from studio.services.engine_process import EngineProcesses


@pytest.fixture
def processes(tmp_path, monkeypatch):
    for kind in ("DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    processes = EngineProcesses(lambda: None)
    yield processes
    processes.close()


@pytest.fixture
def document():
    document = Document()
    network = load_example("digits")
    network.training = replace(network.training, epochs=500)
    document.new(network, "digits.convnet")
    return document


def wait_for(run, condition):
    """Wait until something holds; nothing may go wrong meanwhile."""
    wait_until(run, lambda: run.cause is not None or condition())
    assert run.cause is None, run.cause


def wait_until(run, condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, (run.state, run.cause)
        run.update()
        time.sleep(0.01)


def test_a_run_is_paused_left_found_again_resumed_and_stopped_without_a_gap(processes, document):
    """A studio that comes later has every row from the start on, each once."""
    run = RunModel(processes)
    run.train(document)
    assert run.state is RunState.STARTING
    wait_for(run, lambda: run.can_pause and len(run.record.metrics["train"]) > 5)
    run.pause()
    wait_for(run, lambda: run.state is RunState.PAUSED)
    (found,) = processes.running()
    assert found.run_folder == run.record.run_folder
    run.detach()

    later = RunModel(processes)
    later.attach(found.connection)
    wait_for(later, lambda: later.can_resume and later.record.network is not None)
    assert later.record.network.graph == document.network.graph
    later.resume()
    before = len(later.record.metrics["train"])
    wait_for(later, lambda: len(later.record.metrics["train"]) > before + 5)
    later.stop()
    wait_for(later, lambda: later.state is RunState.STOPPED)
    steps = later.record.metrics["train"].column("step")
    seen = run.record.metrics["train"].column("step")
    np.testing.assert_array_equal(steps[: len(seen)], seen)
    assert (np.diff(steps) > 0).all()
    assert np.diff(steps).max() < 2 * steps[0]

    answers = []
    assert later.ask_weights("conv1", later.record.snapshots[0], answers.append)
    wait_for(later, lambda: answers)
    assert isinstance(answers[0], Weights)
    later.detach()
    wait_for(later, lambda: processes.running() == [])


def test_stop_is_shown_until_the_engine_has_stopped(processes, document):
    run = RunModel(processes)
    run.train(document)
    wait_for(run, lambda: run.can_pause)
    states = []
    run.state_changed.connect(lambda: states.append(run.state))
    run.stop()
    wait_for(run, lambda: run.state.ended)
    assert states == [RunState.STOPPING, RunState.STOPPED]
    run.detach()


def test_a_hung_engine_is_ended_and_its_run_goes_on_from_its_last_checkpoint(processes, document):
    run = RunModel(processes)
    run.train(document)
    wait_for(run, lambda: run.can_pause and len(run.record.metrics["train"]) > 5)
    run.checkpoint()
    wait_for(run, lambda: run.record.checkpoints)
    (found,) = processes.running()
    os.kill(connections.read(found.connection).pid, signal.SIGSTOP)
    wait_for(run, lambda: run.state is RunState.NOT_RESPONDING)
    run.kill()
    wait_until(run, lambda: run.state is RunState.DIED)
    kept = run.record.checkpoints[-1]
    run.take_up()
    wait_for(run, lambda: run.can_pause and run.record.metrics.last("train", "step") > kept)
    run.stop()
    wait_for(run, lambda: run.state is RunState.STOPPED)
    run.take_up()  # while the engine that shows the end is still there
    wait_for(run, lambda: run.can_pause)
    run.stop()
    wait_for(run, lambda: run.state is RunState.STOPPED)
    steps = run.record.metrics["train"].column("step")
    assert (np.diff(steps) > 0).all()
    run.detach()
    wait_for(run, lambda: processes.running() == [])


def test_a_long_run_comes_at_once_and_its_rows_where_they_are_looked_at(processes, tmp_path):
    rows = 10_000
    make_long_run(tmp_path / "run", rows)
    run = RunModel(processes)
    run.watch(processes, lambda: processes.serve(str(tmp_path / "run")))
    wait_for(run, lambda: len(run.record.metrics["train"]) > 0)
    table = run.record.metrics["train"]
    assert table.column("rows").sum() == rows
    assert len(table) < rows
    assert run.state is RunState.FINISHED
    curves = Curves(run)
    curves.axis = "step"
    curves.look_at(500, 600)
    wait_for(run, lambda: len(curves.raw("train", "loss", 500, 600).x) == 103)  # one more on each side
