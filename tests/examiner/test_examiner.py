"""What the examiner tells of a network is what the network does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import DataError
from engine.examiner import __main__ as examiner
from engine.examiner.__main__ import Desk
from engine.examiner.answers import LARGEST_MAP, confusion, layer_maps
from engine.protocol.examination import (
    Cell,
    Examined,
    ExaminePicture,
    ExamineSplit,
    ShowCell,
    SplitExamined,
)
from engine.store.run_folder import RunFolder
from engine.training.examine import Examiner
from engine.training.predict import Trained, find_trained
from tests.training.running import Recorder, network, run_training, save_pictures


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, Recorder]:
    folder = tmp_path_factory.mktemp("examined")
    save_pictures(folder)
    recorder = Recorder()
    _, run = run_training(folder, network(), recorder)
    return run, recorder


def test_the_confusions_count_the_errors_that_the_training_measured(
    trained: tuple[RunFolder, Recorder],
) -> None:
    run, recorder = trained
    desk = Desk()
    for split in ("validation", "test"):
        told = desk.answer(ExamineSplit(str(run.path), split))  # type: ignore[arg-type]
        assert isinstance(told, SplitExamined)
        table = np.array(told.confusion)
        (error,) = [row.error for row in recorder.rows if row.split == split][-1:]
        assert 1 - np.trace(table) / table.sum() == pytest.approx(error)
        assert len(told.worst) == table.sum() - np.trace(table)
        truths = [picture.truth_probability for picture in told.worst]
        assert truths == sorted(truths)


def test_a_cell_opens_its_pictures(trained: tuple[RunFolder, Recorder]) -> None:
    run, _ = trained
    desk = Desk()
    with pytest.raises(DataError):
        desk.answer(ShowCell(str(run.path), 0, 0))
    told = desk.answer(ExamineSplit(str(run.path), "train"))
    assert isinstance(told, SplitExamined)
    for truth in range(3):
        for answer in range(3):
            cell = desk.answer(ShowCell(str(run.path), truth, answer))
            assert isinstance(cell, Cell)
            assert cell.count == told.confusion[truth][answer]
            assert {(picture.truth, picture.answer) for picture in cell.pictures} <= {(truth, answer)}


def test_one_picture_is_answered_as_in_its_split_with_maps_of_all_layers(
    trained: tuple[RunFolder, Recorder],
) -> None:
    run, _ = trained
    desk = Desk()
    split = desk.answer(ExamineSplit(str(run.path), "test"))
    told = desk.answer(ExaminePicture(str(run.path), "test", 4))
    assert isinstance(told, Examined)
    assert isinstance(split, SplitExamined)
    assert told.count == 11
    assert told.label == split.classes[4 % 3]
    assert sum(chance.probability for chance in told.answers) == pytest.approx(1.0, abs=1e-5)
    assert [maps.layer for maps in told.layers] == ["conv", "pool", "fc1", "fc2", "probs"]
    conv = told.layers[0]
    assert (conv.height, conv.width, conv.channels) == (4, 4, 3)
    past = desk.answer(ExaminePicture(str(run.path), "test", 10**6))
    assert isinstance(past, Examined), "the last one"


def test_the_strongest_maps_come_first_and_large_ones_are_thinned() -> None:
    outputs = np.zeros((70, 70, 3), np.float32)
    outputs[..., 1], outputs[0, 0, 2] = -2.0, 4.0
    told = layer_maps("a", outputs)
    assert told.shown == (1, 2, 0)
    assert told.height <= LARGEST_MAP
    tones = np.frombuffer(told.maps, np.uint8).reshape(3, told.height, told.width)
    assert tones[0, 0, 0] == 128 - 127 // 2 - 1
    assert tones[1, 0, 0] == 255
    assert (tones[2] == 128).all()
    vector = layer_maps("b", np.array([0.0, 1.0], np.float32))
    assert (vector.height, vector.width, vector.channels) == (1, 2, 1)


def test_features_are_a_layers_outputs_of_all_pictures(trained: tuple[RunFolder, Recorder]) -> None:
    run, _ = trained
    from engine.data.open import open_dataset

    network_ = find_trained(run.path)
    split = open_dataset(network_.network.data, Path(run.description.base)).split("test")
    whole, single = Examiner(network_, 11), Examiner(network_, 2)
    (first,) = whole.features(split, "fc1")
    rest = np.concatenate(list(single.features(split, "fc1")))
    assert first.shape == (11, 6)
    np.testing.assert_allclose(first, rest, atol=1e-6)
    with pytest.raises(KeyError):
        next(whole.features(split, "none"))


def test_confusions_are_counted_by_truth_and_answer() -> None:
    assert confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2) == ((1, 1), (0, 1))


def test_a_checkpoint_is_read_once(
    trained: tuple[RunFolder, Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often the examiner is asked, as long as there is no newer one."""
    run, _ = trained
    read: list[Path] = []

    def find(path: Path) -> Trained:
        read.append(path)
        return find_trained(path)

    monkeypatch.setattr(examiner, "find_trained", find)
    desk = Desk()
    for split in ("validation", "test", "train"):
        desk.answer(ExamineSplit(str(run.path), split))  # type: ignore[arg-type]
    desk.answer(ExaminePicture(str(run.path), split="test", index=0))
    assert read == [run.path]
