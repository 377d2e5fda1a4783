"""A trained network's answers for picture files are those that plain NumPy finds from its checkpoint."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner

from engine.checkpoint import load_latest
from engine.cli.__main__ import app
from engine.data.dataset import Skipped
from engine.errors import CheckpointError, FileWriteError, PlanError, RunFolderError
from engine.graph.layer_graph import Wire
from engine.graph.network_file import dumps, load
from engine.layers.catalogue import CrossEntropy, Data, EltSum, Fc, Labels, OneHot, Softmax, Sum2
from engine.store.run_folder import RunFolder
from engine.training.predict import Predictor, find_trained
from tests.cli.test_train import convnet
from tests.graph.networks import chain
from tests.training.running import CLASSES, Recorder, make_run, network, run_training, save_pictures

NAMES = ("ant", "bee", "[red]cow")
CROP = 3
PLACES = ((0, 0), (0, 1), (0, 0), (1, 0), (1, 1))  # corners and middle, in 4 × 4 px


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run in a folder with ``own.npz``, eleven test pictures as files, and two files that are none."""
    folder = tmp_path_factory.mktemp("training")
    arrays = save_pictures(folder)
    np.savez(folder / "own.npz", **arrays, class_names=np.array(NAMES))
    for number, picture in enumerate(arrays["test_pictures"]):
        Image.fromarray(picture[:, :, 0]).save(folder / f"{number}.png")
    (folder / "bad.png").write_bytes(b"no picture")
    graph = chain(
        data=Data(size=(CROP, CROP), channels=1),
        labels=Labels(),
        fc=Fc(outputs=CLASSES),
        probs=Softmax(),
        loss=CrossEntropy(),
    )
    what = network(graph, batch_size=8)
    what = dataclasses.replace(what, data=dataclasses.replace(what.data, test_views="ten"))
    return run_training(folder, what, Recorder())[1]


def _pictures(run: RunFolder) -> list[Path]:
    return [run.path.parent / f"{number}.png" for number in range(11)]


def _expected(run: RunFolder) -> NDArray[Any]:
    """Return the probabilities of the classes of all test pictures, averaged over ten views."""
    state = load_latest(run.checkpoints)
    assert state is not None
    arrays = np.load(run.path.parent / "own.npz")
    pictures = (arrays["test_pictures"] - arrays["train_pictures"].mean((0, 1, 2))) / 64
    crops = [pictures[:, y : y + CROP, x : x + CROP] for y, x in PLACES]
    crops += [crop[:, :, ::-1] for crop in crops]
    answers = []
    for crop in crops:
        values = np.exp(
            crop.reshape(len(crop), -1) @ state.tensors["fc.weights"].T + state.tensors["fc.biases"]
        )
        answers.append(values / values.sum(1, keepdims=True))
    return np.asarray(np.mean(answers, axis=0))


@pytest.mark.parametrize("batch_size", [1, 4, 16])
def test_answers_are_the_mean_probabilities_of_all_views_whatever_the_batch(
    run: RunFolder, batch_size: int
) -> None:
    pictures = _pictures(run)
    answers = list(Predictor(find_trained(run.path), batch_size).predict(pictures))
    assert [path for path, _ in answers] == pictures
    for (_, answer), expected in zip(answers, _expected(run), strict=True):
        assert not isinstance(answer, Skipped)
        assert [name for name, _ in answer] == [NAMES[number] for number in np.argsort(-expected)]
        assert [share for _, share in answer] == pytest.approx(np.sort(expected)[::-1], abs=1e-6)


@pytest.mark.gpu
def test_a_gpu_answers_as_the_cpu_does(run: RunFolder) -> None:
    """In float32 to rounding; in bfloat16 its numbers are rounded to 8 bits."""
    trained = find_trained(run.path)
    expected = [answer for _, answer in Predictor(trained, 4).predict(_pictures(run))]
    for precision, tolerance in (("float32", 1e-5), ("bfloat16", 1e-2)):
        training = dataclasses.replace(trained.network.training, precision=precision)
        rounded = dataclasses.replace(
            trained, network=dataclasses.replace(trained.network, training=training)
        )
        answers = [answer for _, answer in Predictor(rounded, 4, "cuda:0").predict(_pictures(run))]
        for found, exact in zip(answers, expected, strict=True):
            assert not isinstance(found, Skipped)
            assert dict(found) == pytest.approx(dict(exact), abs=tolerance)


def test_what_does_not_decode_is_skipped_and_the_others_keep_their_answers(run: RunFolder) -> None:
    good = _pictures(run)
    bad, missing = run.path.parent / "bad.png", run.path.parent / "missing.png"
    found = dict(Predictor(find_trained(run.path), 2).predict([bad, *good[:3], missing, run.path, good[3]]))
    reasons = [found[path] for path in (bad, missing, run.path)]
    assert all(isinstance(reason, Skipped) for reason in reasons)
    expected = dict(Predictor(find_trained(run.path), 2).predict(good[:4]))
    for path in good[:4]:
        assert found[path] == expected[path]


def test_an_older_checkpoint_can_be_named(run: RunFolder) -> None:
    oldest, *_, newest = sorted(run.checkpoints.glob("*.json"))
    assert find_trained(oldest).state.step < find_trained(newest).state.step
    assert find_trained(run.path).state.step == find_trained(newest).state.step


def test_the_command_prints_the_top_classes_and_writes_them_as_csv(run: RunFolder, tmp_path: Path) -> None:
    pictures = _pictures(run)
    table = tmp_path / "answers.csv"
    arguments = [str(run.path), *map(str, pictures), str(run.path.parent / "bad.png")]
    result = CliRunner().invoke(
        app, ["predict", *arguments, "--top", "2", "--csv", str(table)], env={"COLUMNS": "200"}
    )
    assert result.exit_code == 0
    assert f"Skipped: 1 of 12 pictures\n  {run.path.parent / 'bad.png'}: " in result.output
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    expected = _expected(run)
    assert [(row["picture"], row["rank"]) for row in rows] == [
        (str(picture), rank) for picture in pictures for rank in "12"
    ]
    for number, row in enumerate(rows):
        share = expected[number // 2][NAMES.index(row["class"])]
        assert float(row["probability"]) == pytest.approx(share, abs=1e-6)
        assert row["class"] in result.output
        assert f"{100 * float(row['probability']):.2f} %" in result.output


def test_where_no_picture_can_be_read_the_exit_code_is_1(run: RunFolder) -> None:
    result = CliRunner().invoke(app, ["predict", str(run.path), str(run.path.parent / "bad.png")])
    assert result.exit_code == 1


def test_a_folder_without_a_run_exits_with_2(tmp_path: Path) -> None:
    code, output, complaints = convnet("predict", tmp_path, tmp_path / "cat.png")
    assert (code, output) == (2, "")
    assert complaints == (
        f"convnet: {tmp_path}: expected a run folder, found no run.json that can be read. "
        "Name the folder that the run told when it started.\n"
    )


def test_runs_that_cannot_answer_say_why(run: RunFolder, tmp_path: Path) -> None:
    """No run, no checkpoint, another network's checkpoint, and a network that tells no classes apart."""
    with pytest.raises(RunFolderError):
        find_trained(tmp_path)
    what = load(run.network)
    new = make_run(tmp_path, what)
    with pytest.raises(CheckpointError, match="expected a run with a checkpoint, found none"):
        find_trained(new.path)
    for file in run.checkpoints.iterdir():
        (new.checkpoints / file.name).write_bytes(file.read_bytes())
    trained = find_trained(new.path)
    other = dataclasses.replace(what, training=dataclasses.replace(what.training, seed=8))
    new.network.write_text(dumps(other))
    picture = run.path.parent / "1.png"
    with pytest.raises(CheckpointError, match=r"1\.png: expected a run folder, or a checkpoint's manifest"):
        find_trained(picture)
    with pytest.raises(CheckpointError, match="one of another network"):
        find_trained(new.path)
    squares = chain(
        data=Data(size=(CROP, CROP), channels=1), fc=Fc(outputs=CLASSES), difference=EltSum(), loss=Sum2()
    )
    squares.add("labels", Labels())
    squares.add("targets", OneHot(classes=CLASSES))
    squares.connect(Wire("labels", "targets"))
    squares.connect(Wire("targets", "difference", 1))
    with pytest.raises(PlanError, match="a cost that can tell a wrong answer"):
        Predictor(dataclasses.replace(trained, network=dataclasses.replace(what, graph=squares)), 1)


def test_a_table_that_cannot_be_written_is_told(run: RunFolder, tmp_path: Path) -> None:
    table = tmp_path / "nowhere" / "answers.csv"
    arguments = ["predict", str(run.path), str(_pictures(run)[0]), "--csv", str(table)]
    assert isinstance(CliRunner().invoke(app, arguments).exception, FileWriteError)
