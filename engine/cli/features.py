"""``convnet features``: what a layer gives for all pictures of a split, into a file."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from engine.data.dataset import SplitName
from engine.data.open import open_dataset
from engine.errors import DataError, FileWriteError, PlanError
from engine.store.run_folder import RunFolder
from engine.training.examine import Examiner
from engine.training.predict import find_trained

_MOST_AT_ONCE = 64  # pictures of a batch


def write_features(run: Path, layer: str, split: SplitName, file: Path) -> None:
    """Write the outputs of a layer, with the labels, to an .npz or a .csv file; raises ConvNetError."""
    trained = find_trained(run)
    folder = RunFolder.open(run.absolute().parent.parent if run.is_file() else run)
    dataset = open_dataset(trained.network.data, Path(folder.description.base))
    examples = dataset.splits.get(split)
    if examples is None or not len(examples):
        raise DataError(
            source=dataset.name, expected=f"{split} pictures", found="none", hint="Choose another --split."
        )
    examiner = Examiner(trained, min(_MOST_AT_ONCE, len(examples)))
    if layer not in examiner.layers:
        raise PlanError(
            layer=layer,
            expected=f"one of {', '.join(examiner.layers)}",
            found=layer,
            hint="Name another layer.",
        )
    features = np.concatenate(list(examiner.features(examples, layer)))
    try:
        _write(file, features, np.asarray(examples.labels), dataset.class_names)
    except OSError as error:
        raise FileWriteError(path=str(file), reason=error.strerror or str(error)) from error
    each = "×".join(map(str, features.shape[1:]))
    print(f"{file}: {layer} of {len(features):,} {split} pictures, {each} each")


def _write(file: Path, features: np.ndarray, labels: np.ndarray, classes: tuple[str, ...]) -> None:
    if file.suffix == ".csv":
        rows = features.reshape(len(features), -1)
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(("picture", "label", *(f"f{number}" for number in range(rows.shape[1]))))
            for number, (label, row) in enumerate(zip(labels.tolist(), rows, strict=True)):
                writer.writerow((number, label, *(f"{value:.9g}" for value in row)))
        return
    with file.open("wb") as stream:
        np.savez(stream, features=features, labels=labels, class_names=np.array(classes))
