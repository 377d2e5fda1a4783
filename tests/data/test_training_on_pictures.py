"""A network trains on picture files that are larger than its input, and a resume changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.checkpoint import CheckpointState, load_latest
from engine.data.preparation import Preparation
from engine.errors import InvalidNetworkError
from engine.graph import network_file, network_writer
from engine.graph.network_file import NetworkFile
from engine.log_lines import Line
from engine.protocol.log_messages import sentence
from engine.protocol.messages import Scalar, Site
from engine.store.run_folder import RunFolder
from engine.training.run import train

LAYERS = [
    {"name": "data", "type": "data", "size": 5, "channels": 3},
    {"name": "labels", "type": "labels"},
    {"name": "fc2", "type": "fc", "inputs": ["data"], "outputs": 2, "neuron": "none"},
    {"name": "probs", "type": "softmax", "inputs": ["fc2"]},
    {"name": "loss", "type": "cross_entropy", "inputs": ["probs", "labels"]},
]


class _Observer:
    """Keeps the figures, and stops the training after some steps."""

    def __init__(self, steps: int | None = None) -> None:
        self.losses: dict[str, list[float]] = {"train": [], "validation": [], "test": []}
        self.lines: list[str] = []
        self._steps = steps

    def metrics(self, rows: Sequence[Any]) -> None:
        for row in rows:
            self.losses[row.split].append(row.loss)

    def log(self, level: str, line: Line, cause: None = None, **fields: Scalar) -> None:
        self.lines.append(sentence(line, None, **fields))

    def commands(self, wait: bool) -> list[str]:
        return ["stop"] if self._steps is not None and len(self.losses["train"]) == self._steps else []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None


@pytest.fixture
def network(tmp_path: Path, write: Callable[..., Path], encode: Callable[..., bytes]) -> NetworkFile:
    """Dark and bright pictures of 8 × 8 px, of which the network sees 5 × 5."""
    rng = np.random.default_rng(1)
    contents = {}
    for name, low in (("bright", 120), ("dark", 40)):
        for number in range(60):
            pixels = rng.integers(low, low + 90, (8, 8, 3), dtype=np.uint8)
            contents[f"train/{name}/{number}.png"] = encode(pixels)
    for name in ("bright", "dark"):
        contents[f"test/{name}/0.png"] = contents[f"train/{name}/0.png"]
    contents["train/dark/bad.png"] = b"no picture"
    write(tmp_path / "pictures", contents)
    document = {
        "format": network_writer.FORMAT,
        "version": network_writer.VERSION,
        "layers": LAYERS,
        "training": {"batch_size": 16, "epochs": 3, "schedule": {"kind": "constant", "rate": 0.02}},
        "data": {
            "source": "path",
            "path": "pictures",
            "validation": 0.0,
            "mirror": True,
            "colour_noise": 0.1,
            "border": 1,
            "test_views": "nine",
        },
    }
    return network_file.loads(json.dumps(document))


def _train(
    network: NetworkFile, folder: Path, steps: int | None = None, checkpoint: CheckpointState | None = None
) -> tuple[_Observer, CheckpointState]:
    observer = _Observer(steps)
    if checkpoint is None:
        run, hold = RunFolder.create(folder / "run", "run", network_file.dumps(network), folder, Site("cpu"))
        hold.release()
    else:
        run = RunFolder.open(folder / "run")
    train(network, folder, run, device="cpu", observer=observer, checkpoint=checkpoint)
    state = load_latest(run.checkpoints)
    assert state is not None
    return observer, state


def test_the_loss_falls_and_the_checkpoint_carries_the_preparation(
    network: NetworkFile, tmp_path: Path
) -> None:
    observer, state = _train(network, tmp_path)
    assert observer.losses["test"][-1] < 0.5 * observer.losses["train"][0]
    assert not observer.losses["validation"]
    assert "1 files of pictures were skipped; train/dark/bad.png" in observer.lines[0]
    preparation = Preparation.from_record(state.preparation, dict(state.tensors))
    assert preparation.class_names == ("bright", "dark")
    assert preparation.preprocessing.size == (5, 5)
    content = (tmp_path / "pictures" / "test" / "dark" / "0.png").read_bytes()
    assert preparation.prepare(content, "0.png", np.float32).shape == (9, 5, 5, 3)


def test_a_resume_in_an_epoch_ends_with_the_same_weights(network: NetworkFile, tmp_path: Path) -> None:
    _, whole = _train(network, tmp_path)
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "pictures").symlink_to(tmp_path / "pictures")
    _, part = _train(network, tmp_path / "again", steps=11)
    assert part.cursor not in (0, 120)
    _, resumed = _train(network, tmp_path / "again", checkpoint=part)
    for name, array in whole.tensors.items():
        assert np.array_equal(resumed.tensors[name], array), name


def test_a_stop_ends_the_decoding_of_pictures(network: NetworkFile, tmp_path: Path, cache: Path) -> None:
    run, hold = RunFolder.create(tmp_path / "run", "run", network_file.dumps(network), tmp_path, Site("cpu"))
    hold.release()
    observer = _Observer(steps=0)
    assert train(network, tmp_path, run, device="cpu", observer=observer) == "stopped"
    assert load_latest(run.checkpoints) is None
    assert not list(cache.iterdir())


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ({"size": 11}, "data: expected pictures of 11×11×3, or larger ones to crop, found 8×8×3"),
        ({"size": 8, "channels": 1}, "data: expected pictures of 8×8×1, or larger"),
    ],
)
def test_pictures_that_are_too_small_or_of_other_channels_are_refused(
    network: NetworkFile, tmp_path: Path, layer: dict[str, int], message: str
) -> None:
    document = json.loads(network_file.dumps(network))
    document["layers"][0].update(layer)
    with pytest.raises(InvalidNetworkError, match=message):
        _train(network_file.loads(json.dumps(document)), tmp_path)
