"""What a network makes of pictures, as messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.dataset import Split
from engine.data.thumbnail import thumbnail
from engine.protocol.examination import AnsweredPicture, Chance, LayerMaps
from engine.protocol.previews import Picture

LARGEST_MAP = 32
"""Side of a map that is given, px; larger ones are thinned."""

MOST_MAPS = 64
"""Maps of a layer that are given."""

MOST_ANSWERS = 10

Array = NDArray[Any]


def layer_maps(layer: str, outputs: Array) -> LayerMaps:
    """Return the strongest maps of a layer's outputs for one picture: (height, width, channels) or (units,).

    Strength is the mean size of a map's numbers.
    """
    values = np.nan_to_num(np.asarray(outputs, np.float32), posinf=0.0, neginf=0.0)
    if values.ndim == 1:
        values = values[np.newaxis, :, np.newaxis]
    stride = -(-values.shape[0] // LARGEST_MAP) or 1
    across = stride if values.shape[0] > 1 else 1
    strength = np.abs(values).mean(axis=(0, 1))
    shown = np.argsort(-strength, kind="stable")[:MOST_MAPS]
    largest = float(np.abs(values).max(initial=0.0))
    thin = values[::stride, ::across, shown].transpose(2, 0, 1)
    tones = np.rint(128 + 127 * thin / (largest or 1.0)).astype(np.uint8)
    return LayerMaps(
        layer=layer,
        height=tones.shape[1],
        width=tones.shape[2],
        channels=values.shape[2],
        shown=tuple(shown.tolist()),
        largest=largest,
        maps=np.ascontiguousarray(tones).tobytes(),
    )


def chances(probabilities: Array, classes: Sequence[str]) -> tuple[Chance, ...]:
    """Return the most probable classes."""
    order = np.argsort(-probabilities, kind="stable")[:MOST_ANSWERS]
    return tuple(Chance(class_name(classes, int(k)), float(probabilities[k])) for k in order)


def class_name(classes: Sequence[str], number: int) -> str:
    """Return the name of a class, or its number where it has none."""
    return classes[number] if number < len(classes) else f"class {number}"


def confusion(labels: Array, answers: Array, classes: int) -> tuple[tuple[int, ...], ...]:
    """Return how many pictures of each class were taken for each."""
    table = np.zeros((classes, classes), np.int64)
    np.add.at(table, (labels, answers), 1)
    return tuple(tuple(row) for row in table.tolist())


def answered(split: Split, probabilities: Array, places: Array) -> tuple[AnsweredPicture, ...]:
    """Return the pictures of a split at some places with what they were taken for."""
    pictures = split.pictures[places]
    return tuple(
        AnsweredPicture(
            index=int(place),
            picture=Picture(*thumbnail(picture)),
            truth=int(split.labels[place]),
            answer=int(probabilities[place].argmax()),
            truth_probability=float(probabilities[place, split.labels[place]]),
            answer_probability=float(probabilities[place].max()),
        )
        for place, picture in zip(places, pictures, strict=True)
    )
