"""``python -m engine.examiner``: answers requests from standard input until its end."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.checkpoint import manifest_steps
from engine.data.dataset import Dataset, Split
from engine.data.decode import decode
from engine.data.open import open_dataset
from engine.data.thumbnail import thumbnail
from engine.errors import DataError
from engine.examiner.answers import answered, chances, class_name, confusion, layer_maps
from engine.protocol import pipe
from engine.protocol.examination import (
    Cell,
    ExaminationAnswer,
    ExaminationRequest,
    Examined,
    ExaminePicture,
    ExamineSplit,
    ShowCell,
    SplitExamined,
    SplitName,
    requests,
)
from engine.protocol.previews import Picture
from engine.store.run_folder import RunFolder
from engine.training.examine import Examiner
from engine.training.predict import Trained, find_trained
from engine.words import Words

MOST_AT_ONCE = 64
"""Pictures of a batch."""

MOST_SHOWN = 60
"""Pictures of a cell, and worst ones, that are given."""


@dataclass(frozen=True)
class Answers:
    """What a network answered for all pictures of a split, (pictures, classes)."""

    run_folder: str
    split: Split
    probabilities: NDArray[np.float64]


class Desk:
    """Keeps the network, the data set and the answers that were asked for last."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._newest = -1  # step of the checkpoint that was the newest when the network was read
        self._trained: Trained | None = None
        self._examiners: dict[int, Examiner] = {}
        self._dataset: Dataset | None = None
        self._answers: Answers | None = None

    def answer(self, request: ExaminationRequest) -> ExaminationAnswer:
        """Do what is asked for; raises ConvNetError."""
        match request:
            case ExaminePicture():
                return self._examine(request)
            case ExamineSplit(run_folder, split):
                return self._examine_split(run_folder, split)
            case ShowCell(run_folder, truth, answer):
                return self._show_cell(run_folder, truth, answer)

    def _examine(self, request: ExaminePicture) -> Examined:
        examiner = self._examiner(request.run_folder, 1)
        classes = examiner.trained.preparation.class_names
        prepared, picture, label, count = self._prepare(examiner, request)
        layers, probabilities = [], np.zeros(0)
        for layer, outputs in examiner.outputs(prepared):
            layers.append(layer_maps(layer, outputs[0]))
            if layer == examiner.answering_layer:
                probabilities = np.array(outputs[0], np.float64)
        return Examined(
            step=examiner.trained.state.step,
            count=count,
            picture=picture,
            label=None if label is None else class_name(classes, label),
            answers=chances(probabilities, classes),
            layers=tuple(layers),
        )

    def _prepare(
        self, examiner: Examiner, request: ExaminePicture
    ) -> tuple[NDArray[Any], Picture, int | None, int]:
        """Return the prepared picture, what it looks like, its label, and how many there are."""
        how = examiner.trained.preparation
        if request.file is not None:
            height, width, channels = how.preprocessing.shape
            seen = decode(request.file, (height, width), channels, "the picture")
            return (
                how.prepare(request.file, "the picture", np.float32)[:1],
                Picture(*thumbnail(seen)),
                None,
                0,
            )
        split = self._split(request.run_folder, request.split)
        index = min(request.index, len(split) - 1)
        one = split.take(np.array([index]))
        (batch,) = examiner.batches(one)
        return batch.pictures[:1], Picture(*thumbnail(one.pictures[0])), int(one.labels[0]), len(split)

    def _examine_split(self, run_folder: str, name: SplitName) -> SplitExamined:
        examiner = self._examiner(run_folder, MOST_AT_ONCE)
        split = self._split(run_folder, name)
        probabilities = np.concatenate([found for _, found in examiner.answers(split)])
        self._answers = Answers(run_folder, split, probabilities)
        labels = np.asarray(split.labels)
        guesses = probabilities.argmax(axis=1)
        truths = probabilities[np.arange(len(labels)), labels]
        worst = np.flatnonzero(guesses != labels)
        worst = worst[np.argsort(truths[worst], kind="stable")][:MOST_SHOWN]
        classes = examiner.trained.preparation.class_names
        number = probabilities.shape[1]
        return SplitExamined(
            step=examiner.trained.state.step,
            split=name,
            classes=tuple(class_name(classes, k) for k in range(number)),
            confusion=confusion(labels, guesses, number),
            worst=answered(split, probabilities, worst),
        )

    def _show_cell(self, run_folder: str, truth: int, answer: int) -> Cell:
        if self._answers is None or self._answers.run_folder != run_folder:
            expected, hint = "a split that was examined", "Look at the confusions again."
            raise DataError(source=run_folder, expected=expected, found="none", hint=hint)
        split, probabilities = self._answers.split, self._answers.probabilities
        inside = np.flatnonzero((split.labels == truth) & (probabilities.argmax(axis=1) == answer))
        order = np.argsort(-probabilities[inside].max(axis=1), kind="stable") if len(inside) else inside
        return Cell(answered(split, probabilities, inside[order][:MOST_SHOWN]), len(inside))

    def _examiner(self, run_folder: str, batch_size: int) -> Examiner:
        """Return the network of a run's newest checkpoint, for so many pictures at once."""
        path = Path(run_folder)
        newest = max(manifest_steps(RunFolder.open(path).checkpoints), default=-1)
        if self._trained is None or (path, newest) != (self._path, self._newest):
            if path != self._path:
                self._dataset = self._answers = None
            self._examiners = {}
            self._trained, self._path, self._newest = find_trained(path), path, newest
        if batch_size not in self._examiners:
            self._examiners[batch_size] = Examiner(self._trained, batch_size)
        return self._examiners[batch_size]

    def _split(self, run_folder: str, name: SplitName) -> Split:
        if self._dataset is None:
            examiner = next(iter(self._examiners.values()))
            base = Path(RunFolder.open(Path(run_folder)).description.base)
            self._dataset = open_dataset(examiner.trained.network.data, base)
        split = self._dataset.splits.get(name)
        if split is None or not len(split):
            raise DataError(
                source=self._dataset.name,
                expected=Words("pictures of the split {split}", split=name),
                found="none",
                hint="Choose another split.",
            )
        return split


def main() -> int:
    """Answer until nobody asks any more; returns the exit code."""
    pipe.serve(requests, Desk().answer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
