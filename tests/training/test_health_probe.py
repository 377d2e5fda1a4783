"""A step that is looked at is like any other, and what is told of it is true."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from engine.data.loader import Batch
from engine.plan.compile.pipeline import TRAIN
from engine.protocol.messages import Entry, HealthMeasured, LayerHealth
from engine.training.health_probe import BINS, HealthProbe, histogram
from engine.training.trainer import Trainer
from tests.training.running import Recorder, deep_graph, fingerprint, network, run_training, save_pictures


def test_a_histogram_counts_all_numbers_within_their_range() -> None:
    numbers = np.random.default_rng(1).normal(size=1000).astype(np.float32)
    told = histogram(numbers.reshape(10, 100))
    assert told is not None
    expected, _ = np.histogram(numbers, BINS)
    assert sum(told.counts) == 1000
    assert np.abs(np.array(told.counts) - expected).sum() <= 6, "numbers at the edges of intervals alone"
    assert (told.low, told.high) == (numbers.min(), numbers.max())
    assert told.deviation == pytest.approx(numbers.std())


@pytest.mark.parametrize("size", [1e-45, 1e-40, 1.0, 3e38])
def test_a_histogram_of_the_least_and_the_largest_numbers(size: float) -> None:
    told = histogram(np.array([-size, 0.0, size], np.float32))
    assert told is not None
    assert told.counts[0] == told.counts[BINS // 2] + told.counts[BINS // 2 - 1] == told.counts[-1] == 1


def test_a_histogram_of_one_number_of_nothing_and_of_nan() -> None:
    told = histogram(np.full(5, 2.0))
    assert told is not None
    assert (told.low, told.high, told.counts[0]) == (2.0, 2.0, 5)
    assert histogram(np.empty(0)) is None
    assert histogram(np.array([1.0, np.nan])) is None


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HealthProbe, "is_affordable", lambda *_: True)


@pytest.mark.parametrize("optimiser", ["sgd", "adamw"])
@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda:0", marks=pytest.mark.gpu)])
def test_weights_and_figures_are_bit_equal_with_probes_and_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, optimiser: str
) -> None:
    prints, figures = [], []
    for is_probed in (True, False):
        monkeypatch.setattr(HealthProbe, "is_affordable", lambda *_, on=is_probed: on)
        folder = tmp_path / str(is_probed)
        folder.mkdir()
        save_pictures(folder)
        recorder = Recorder()
        _, run = run_training(folder, network(optimiser=optimiser), recorder, device=device)
        assert [measured.step for measured in recorder.measured] == (list(range(1, 7)) if is_probed else [])
        prints.append(fingerprint(run))
        figures.append(recorder.figures())
    assert prints[0] == prints[1]
    assert figures[0] == figures[1]


def measured_layers(recorder: Recorder, step: int) -> dict[str, LayerHealth]:
    (measured,) = [found for found in recorder.measured if found.step == step]
    return {layer.layer: layer for layer in measured.layers}


@pytest.mark.parametrize("optimiser", ["sgd", "adamw"])
@pytest.mark.usefixtures("always")
def test_the_gradient_is_the_one_that_the_optimiser_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, optimiser: str
) -> None:
    """Read from the optimiser's state, against the gradient's own buffer right before the update."""
    gradients: dict[int, dict[str, float]] = {}

    class Spied(Trainer):
        def _step(self, batch: Batch) -> None:
            run, norms = self._executor.run, gradients.setdefault(self.place.step + 1, {})

            def run_singly(program: str) -> None:
                for operation, call in self._executor.calls(program):
                    if operation.kind.endswith(".update"):
                        array = self._executor.content(TRAIN, operation.inputs["gradient"])
                        norms[operation.layer] = float(np.linalg.norm(array.astype(np.float64)))
                    call()

            self._executor.run = run_singly  # type: ignore[method-assign]
            super()._step(batch)
            self._executor.run = run  # type: ignore[method-assign]

    monkeypatch.setattr("engine.training.run.Trainer", Spied)
    save_pictures(tmp_path)
    recorder = Recorder()
    run_training(tmp_path, network(deep_graph(), optimiser=optimiser, epochs=1), recorder)
    for step in (1, 2):
        layers = measured_layers(recorder, step)
        for layer in ("conv", "fc1", "fc2"):
            expected = gradients[step][f"{layer}.weights"]
            assert layers[layer].gradient_norm == pytest.approx(expected, rel=1e-3), (step, layer)


@pytest.mark.usefixtures("always")
def test_layers_are_told_in_order_with_ratio_outputs_and_dead_units(tmp_path: Path) -> None:
    save_pictures(tmp_path)
    recorder = Recorder()
    run_training(tmp_path, network(), recorder)
    layers = measured_layers(recorder, 6)
    assert list(layers) == ["conv", "pool", "fc1", "fc2", "probs"]
    assert layers["pool"].weights is None
    assert layers["fc1"].outputs is not None
    assert -1 <= layers["fc1"].outputs.low < layers["fc1"].outputs.high <= 1, "tanh"
    probs = layers["probs"].outputs
    assert probs is not None
    assert 0 <= probs.low <= probs.high <= 1
    for name in ("conv", "fc1", "fc2"):
        assert layers[name].dead == 0.0
        ratio = layers[name].update_ratio
        assert ratio is not None
        assert 0 < ratio < 1


def test_looking_takes_no_more_than_its_share_of_the_time() -> None:
    probe = object.__new__(HealthProbe)
    probe._spent = 0.5
    assert not probe.is_affordable(10.0)
    assert probe.is_affordable(100.0)


def test_what_is_told_fits_the_journal() -> None:
    told = HealthMeasured(3, (LayerHealth("conv", weights=histogram(np.arange(9.0)), dead=0.5),))
    assert msgspec.json.decode(msgspec.json.encode(told), type=Entry) == told
