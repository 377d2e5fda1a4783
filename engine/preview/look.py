"""Looks at a data set: what it holds, how it looks, and what training makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.augmentation import Augmentation
from engine.data.dataset import Dataset, Pictures, Split
from engine.data.decoders import Progress
from engine.data.open import open_dataset
from engine.data.preprocessing import Preprocessing, Size, fit_mean
from engine.data.statistics import value_range
from engine.data.thumbnail import thumbnail
from engine.graph import network_file
from engine.graph.network_file import NetworkFile
from engine.layers.data import Data
from engine.protocol.previews import ClassSeen, DataSeen, LookAtData, Picture, SkippedFile, Varied

SAMPLES = 10
"""Pictures of each class on the sheet."""

MOST_CLASSES = 40
"""Classes on the sheet."""

VARIED, EPOCHS = 4, 5
"""Pictures whose variations are shown, and in how many epochs."""

_MOST_SKIPPED = 1000
_MEASURED_BYTES = 1 << 30
_GREY = 128.0


def look(request: LookAtData, progress: Progress) -> DataSeen:
    """Look at the data set of a network. Raises FileFormatError or DataError."""
    network = network_file.loads(request.network, "network")
    dataset = open_dataset(network.data, Path(request.base), progress)
    measured = _measured(dataset.split("train"))
    values = value_range(measured.pictures)
    return DataSeen(
        name=dataset.name,
        shape=dataset.picture_shape,
        classes=_classes(dataset),
        lowest=values.low,
        highest=values.high,
        mean=values.mean,
        mean_picture=_picture(np.broadcast_to(fit_mean(measured.pictures, "picture"), dataset.picture_shape)),
        measured=len(measured),
        varied=_varied(network, dataset, measured.pictures),
        skipped=tuple(SkippedFile(file.name, file.reason) for file in dataset.skipped[:_MOST_SKIPPED]),
        skipped_count=len(dataset.skipped),
    )


def _measured(train: Split) -> Split:
    """Return the training pictures, or as many of a large set as can be read in some seconds."""
    most = max(1, _MEASURED_BYTES // int(np.prod(train.pictures.shape[1:])))
    return train.part(np.arange(0, len(train), -(-len(train) // most)))


def _classes(dataset: Dataset) -> tuple[ClassSeen, ...]:
    count = len(dataset.class_names)
    train, validation, test = (
        np.bincount(dataset.split(name).labels, minlength=count).tolist()
        for name in ("train", "validation", "test")
    )
    return tuple(
        ClassSeen(
            name,
            train[label],
            validation[label],
            test[label],
            _samples(dataset.split("train"), label) if label < MOST_CLASSES else (),
        )
        for label, name in enumerate(dataset.class_names)
    )


def _samples(split: Split, label: int) -> tuple[Picture, ...]:
    places = np.flatnonzero(split.labels == label)[:SAMPLES]
    return tuple(_picture(picture) for picture in split.pictures[places])


def _varied(network: NetworkFile, dataset: Dataset, measured: Pictures) -> tuple[Varied, ...]:
    """Return training pictures before and after what the loader does to them."""
    settings, train = network.data, dataset.split("train")
    preparation = Preprocessing.fit(measured, settings, _crop_size(network, dataset))
    augmentation = Augmentation.fit(measured, settings)
    places = np.linspace(0, len(train) - 1, min(VARIED, len(train)), dtype=np.int64)
    pictures = train.pictures[places]
    out = np.empty((len(places), *preparation.size, pictures.shape[-1]), np.float32)
    epochs = []
    for epoch in range(EPOCHS):
        augmentation.apply(preparation, pictures, places, out, seed=network.training.seed, epoch=epoch)
        epochs.append(out / np.float32(settings.scale) + _GREY)
    return tuple(
        Varied(_picture(picture), tuple(_picture(after[number]) for after in epochs))
        for number, picture in enumerate(pictures)
    )


def _crop_size(network: NetworkFile, dataset: Dataset) -> Size | None:
    """Return the size that the network sees; None, the pictures' own, where that cannot be cut out."""
    border = 2 * network.data.border
    height, width, _ = dataset.picture_shape
    sizes = (layer.size for layer in network.graph.layers().values() if isinstance(layer, Data))
    size = next(sizes, None)
    return size if size and size[0] <= height + border and size[1] <= width + border else None


def _picture(values: NDArray[Any]) -> Picture:
    """Return a picture of values from 0 to 255, (height, width, channels), made smaller if it is large."""
    return Picture(*thumbnail(values))
