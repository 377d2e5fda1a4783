"""A device that tells figures some steps late, as a GPU does, trains as one that tells them at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.graph.layer_graph import LayerGraph
from engine.layers.catalogue import CrossEntropy, Data, Fc, Labels, Softmax
from engine.runtime import executor
from engine.runtime.cpu import Cpu
from engine.runtime.device import Contents
from engine.training.monitor import LOOK_EVERY
from engine.training.trainer import Trainer
from tests.faults.test_row_31_not_finite import watch_checkpoints
from tests.graph.networks import chain
from tests.training.running import CLASSES, Recorder, fingerprint, network, run_training, save_pictures

LATE = 3
"""Calls of ``arrive`` that a look takes."""


class Late(Cpu):
    """The CPU, with copies for arrays and figures that take their time."""

    is_host = False

    def __init__(self, nbytes: int) -> None:
        super().__init__(nbytes)
        self._looks: list[tuple[int, Contents, Callable[[Contents], None]]] = []
        self._now = 0

    def read(self, array: NDArray[Any]) -> NDArray[Any]:
        return array.copy()

    def look(
        self, arrays: Mapping[str, NDArray[Any]], then: Callable[[Contents], None], clear: Collection[str]
    ) -> None:
        contents = {name: array.copy() for name, array in arrays.items()}
        for name in clear:
            arrays[name].fill(0)
        self._looks.append((self._now + LATE, contents, then))

    def arrive(self, *, wait: bool = False) -> None:
        self._now += 1
        while self._looks and (wait or self._looks[0][0] <= self._now):
            _, contents, then = self._looks.pop(0)
            then(contents)

    def forget(self) -> None:
        self._looks.clear()


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders with the same pictures."""
    made = tmp_path / "prompt", tmp_path / "late"
    for folder in made:
        folder.mkdir()
        save_pictures(folder)
    return made


def test_all_figures_are_told_in_the_end(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows, checkpoints and weights are the same, bit for bit."""
    prompt, late = Recorder(), Recorder()
    _, whole = run_training(folders[0], network(epochs=9), prompt)
    monkeypatch.setattr(executor, "open_device", lambda name, nbytes: Late(nbytes))
    _, run = run_training(folders[1], network(epochs=9), late)
    assert late.figures() == prompt.figures()
    assert late.checkpoints == prompt.checkpoints
    assert fingerprint(run) == fingerprint(whole)


def test_answers_are_averaged_over_views_where_arrays_are_copies(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a program left is read and written through the device."""
    plain = network(of_crops())
    what = replace(plain, data=replace(plain.data, test_views="nine"))
    prompt, late = Recorder(), Recorder()
    run_training(folders[0], what, prompt)
    monkeypatch.setattr(executor, "open_device", lambda name, nbytes: Late(nbytes))
    run_training(folders[1], what, late)
    assert late.rows[-1].further == prompt.rows[-1].further
    assert "error over 9 views" in prompt.rows[-1].further


def of_crops() -> LayerGraph:
    """Return a network that sees crops."""
    return chain(
        data=Data(size=(3, 3), channels=1),
        labels=Labels(),
        fc=Fc(outputs=CLASSES),
        probs=Softmax(),
        loss=CrossEntropy(),
    )


@pytest.mark.parametrize("step", [0, 7, 17])
def test_a_poisoned_batch_is_noticed_late_and_leaves_no_trace(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Training goes back to before the step that failed, not to before the one at which that was heard of."""
    poisoned: list[int] = []
    noticed: list[int] = []
    unsound: list[int] = []

    class Poisoned(Trainer):
        def _feed(self, batch: Any) -> None:
            super()._feed(batch)
            if self.place.step == step and not poisoned:
                poisoned.append(step)
                self._arrays["data.output"] = np.nan

        def _recover(self, error: Any) -> None:
            noticed.append(self.place.step)
            super()._recover(error)

    what = network(epochs=12, checkpoint_every=3)
    _, whole = run_training(folders[0], what, Recorder())
    monkeypatch.setattr(executor, "open_device", lambda name, nbytes: Late(nbytes))
    monkeypatch.setattr("engine.training.run.Trainer", Poisoned)
    watch_checkpoints(monkeypatch, unsound)
    recorder = Recorder()
    outcome, run = run_training(folders[1], what, recorder)
    assert outcome == "finished"
    ((at, _),) = recorder.rewinds
    assert at <= step
    assert step < noticed[0] <= step + LOOK_EVERY + LATE
    assert not unsound
    assert fingerprint(run) == fingerprint(whole)
