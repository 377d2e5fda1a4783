"""What a look at a data set tells: counts, means and variations, against plain arithmetic."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.data.thumbnail import SIDE
from engine.errors import DataNotFoundError, ProtocolError
from engine.graph.network_file import NetworkFile, dumps
from engine.graph.settings import DataSettings
from engine.layers.catalogue import Data
from engine.preview.look import EPOCHS, SAMPLES, look
from engine.protocol.messages import Problem
from engine.protocol.previews import (
    DataDecoded,
    DataSeen,
    LookAtData,
    Picture,
    PreviewFrame,
    read_frame,
    write_frame,
)
from tests.graph.networks import small_graph

LABELS = np.array([0, 1, 1, 2] * 10, np.int32)


def pixels(picture: Picture) -> NDArray[np.uint8]:
    return np.frombuffer(picture.pixels, np.uint8).reshape(picture.height, picture.width, 3)


def save(folder: Path, shape: tuple[int, int, int] = (8, 8, 1)) -> NDArray[np.uint8]:
    """Keep 40 pictures to train on and 4 to test on in data.npz; return the former."""
    pictures = np.random.default_rng(5).integers(0, 256, (44, *shape), np.uint8)
    arrays = {"train_pictures": pictures[:40], "train_labels": LABELS}
    np.savez(folder / "data.npz", **arrays, test_pictures=pictures[40:], test_labels=LABELS[:4])
    return pictures[:40]


def network(**settings: object) -> NetworkFile:
    data = DataSettings(source="path", path="data.npz", validation=0.0, scale=0.5)
    return NetworkFile(graph=small_graph(), data=replace(data, **settings))  # type: ignore[arg-type]


def see(folder: Path, what: NetworkFile) -> DataSeen:
    return look(LookAtData(dumps(what), str(folder)), lambda done: None)


def test_counts_values_and_mean_are_those_of_the_pictures(tmp_path: Path) -> None:
    pictures = save(tmp_path)
    seen = see(tmp_path, network())
    assert seen.shape == (8, 8, 1)
    assert [(c.train, c.validation, c.test) for c in seen.classes] == [(10, 0, 1), (20, 0, 2), (10, 0, 1)]
    assert (seen.lowest, seen.highest) == (pictures.min(), pictures.max())
    assert seen.mean == pytest.approx(pictures.mean())
    assert seen.measured == 40
    mean = np.rint(pictures.mean(0)).astype(np.uint8)
    assert np.array_equal(pixels(seen.mean_picture), np.repeat(mean, 3, axis=-1))
    samples = seen.classes[1].samples
    assert len(samples) == SAMPLES
    for sample, picture in zip(samples, pictures[LABELS == 1], strict=False):
        assert np.array_equal(pixels(sample)[..., :1], picture)


def test_pictures_without_variation_are_shown_around_grey_in_every_epoch(tmp_path: Path) -> None:
    pictures = save(tmp_path)
    (first, *_) = see(tmp_path, network(mean="picture", random_crop=False)).varied
    expected = np.clip(np.rint(pictures[0] - pictures.mean(0) + 128), 0, 255)
    assert np.array_equal(pixels(first.before)[..., :1], pictures[0])
    assert len(first.after) == EPOCHS
    for after in first.after:
        assert np.abs(pixels(after)[..., :1] - expected).max() <= 1


def test_crops_are_of_the_networks_size_where_they_can_be_cut(tmp_path: Path) -> None:
    save(tmp_path)
    small = network()
    small.graph.replace("data", Data(size=(5, 6), channels=1))
    shapes = {(p.height, p.width) for varied in see(tmp_path, small).varied for p in varied.after}
    assert shapes == {(5, 6)}
    small.graph.replace("data", Data(size=(9, 9), channels=1))
    shapes = {(p.height, p.width) for varied in see(tmp_path, small).varied for p in varied.after}
    assert shapes == {(8, 8)}, "the pictures' own"


def test_large_pictures_and_a_drawing_that_is_not_whole_are_no_hindrance(tmp_path: Path) -> None:
    save(tmp_path, (100, 50, 3))
    drawing = network()
    for name in ("loss", "data"):
        drawing.graph.remove(name)
    seen = see(tmp_path, drawing)
    assert (seen.mean_picture.height, seen.mean_picture.width) == (SIDE, SIDE // 2)
    assert seen.shape == (100, 50, 3)


def test_missing_data_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError):
        see(tmp_path, network())


def start(request: LookAtData) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "engine.preview"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.write(msgspec.json.encode(request) + b"\n")
    process.stdin.flush()
    return process


def test_the_process_answers_by_frames_and_ends(tmp_path: Path) -> None:
    save(tmp_path)
    with start(LookAtData(dumps(network()), str(tmp_path))) as process:
        assert process.stdout is not None
        assert isinstance(read_frame(process.stdout), DataSeen)
        assert read_frame(process.stdout) is None
    assert process.returncode == 0
    with start(LookAtData("{", str(tmp_path))) as process:
        assert process.stdout is not None
        problem = read_frame(process.stdout)
        assert isinstance(problem, Problem)
        assert problem.code == "FileFormatError"


@pytest.mark.parametrize("message", [DataDecoded(7), Problem("DataError", {"source": "x"})])
def test_frames_read_back_and_damaged_ones_are_refused(message: PreviewFrame) -> None:
    stream = io.BytesIO()
    write_frame(stream, message)
    assert read_frame(io.BytesIO(stream.getvalue())) == message
    assert read_frame(io.BytesIO(stream.getvalue()[:-1])) is None
    with pytest.raises(ProtocolError):
        read_frame(io.BytesIO(b"\xff" * 12))
    with pytest.raises(ProtocolError):
        read_frame(io.BytesIO(b"\2\0\0\0\xc0\xc0"))
