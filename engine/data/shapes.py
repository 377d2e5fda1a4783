"""*shapes*: 9,000 generated pictures of ten figures, 32 × 32 pixels in colour.

A picture is a function of its number alone: which figure, where, how large, how turned, in which two colours,
under which light and noise. The numbers behind it come from Philox and the arithmetic is exact (see
``figures``), so the set is the same on every machine. Picture k shows figure k modulo 10; the splits are
ranges of k.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data.dataset import Dataset, Split, SplitName
from engine.data.decoders import processors
from engine.data.figures import FIGURES, Field, Figure, Placement, draw
from kernels.philox import Stream, Words, blocks, substream

SIDE = 32
RANGES: dict[SplitName, range] = {
    "train": range(6000),
    "validation": range(6000, 7000),
    "test": range(7000, 9000),
}
"""Which pictures are for which use."""

_SEED = 2012
_LOOK = substream(Stream.SYNTHESIS, 0)
_NOISE = substream(Stream.SYNTHESIS, 1)
_LOOK_BLOCKS = 5
_NOISE_BLOCKS = SIDE * SIDE * 3 // 16

_GROUP = 100
"""Pictures drawn at a time: their fields stay in a core's second-level cache."""


def load_shapes() -> Dataset:
    """Generate the set, in about a second of one processor."""
    return Dataset(
        name="shapes",
        class_names=tuple(figure.name for figure in FIGURES),
        splits={name: make_pictures(numbers) for name, numbers in RANGES.items()},
    )


def make_pictures(numbers: range) -> Split:
    """Generate the pictures of these ``numbers``, with the figures' indices as labels."""
    index = np.arange(numbers.start, numbers.stop, numbers.step)
    labels = (index % len(FIGURES)).astype(np.int32)
    pictures = np.empty((len(index), SIDE, SIDE, 3), np.uint8)

    def paint(label: int, group: NDArray[np.int64]) -> None:
        pictures[group] = _paint(FIGURES[label], index[group])

    with ThreadPoolExecutor(processors()) as threads:
        for _ in threads.map(paint, *zip(*_groups(labels), strict=True)):
            pass  # but raise what went wrong
    return Split(pictures, labels)


def _groups(labels: NDArray[np.int32]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield pictures that are drawn at a time: their label and their places."""
    for label in range(len(FIGURES)):
        members = np.flatnonzero(labels == label)
        for first in range(0, len(members), _GROUP):
            yield label, members[first : first + _GROUP]


@dataclass(frozen=True)
class _Look:
    """How a batch of pictures looks. ``ground``, ``ink``: colours, (n, 1, 1, 3); the others are (n, 1, 1)."""

    place: Placement
    ground: Field
    ink: Field
    light_x: Field
    light_y: Field
    noise: Field


def _paint(figure: Figure, numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
    look = _look(numbers)
    drawn = draw(figure, look.place, SIDE)[..., np.newaxis]
    away = np.arange(SIDE, dtype=np.float32) - np.float32((SIDE - 1) / 2)
    light = look.light_x * away[np.newaxis, np.newaxis, :] + look.light_y * away[np.newaxis, :, np.newaxis]
    picture = look.ground + (look.ink - look.ground) * drawn
    picture += light[..., np.newaxis]
    picture += look.noise[..., np.newaxis] * _noise(numbers)
    return np.clip(np.floor(picture + np.float32(0.5)), 0, 255).astype(np.uint8)


def _look(numbers: NDArray[np.int64]) -> _Look:
    words = blocks(_LOOK_BLOCKS, seed=_SEED, stream=_LOOK, position=numbers)
    word = iter(words.reshape(len(numbers), -1).T)
    place = _place(word)
    ground, ink = _colours(word)
    return _Look(
        place=place,
        ground=ground,
        ink=ink,
        light_x=_between(word, -1, 1),
        light_y=_between(word, -1, 1),
        noise=_between(word, 0.3, 2.5),
    )


def _place(word: Iterator[Words]) -> Placement:
    size = _between(word, 7, 14)
    room = np.float32(15) - size
    return Placement(
        x=_between(word, -1, 1) * room,
        y=_between(word, -1, 1) * room,
        size=size,
        pen=_between(word, 1.25, 2.75),
        period=_between(word, 5, 11),
        phase_u=_between(word, 0, 1),
        phase_v=_between(word, 0, 1),
        turn=_between(word, -1, 1),
        mirror=np.where(_between(word, -1, 1) < 0, np.float32(-1), np.float32(1)),
    )


def _colours(word: Iterator[Words]) -> tuple[Field, Field]:
    """Return any ground and any ink, but with a difference of at least 112 in one channel."""
    ground, step = _bytes(word), _bytes(word)
    strong = next(word) % np.uint32(3)
    rows = np.arange(len(strong))
    step[rows, strong] = 112 + step[rows, strong] // 8
    ink = (ground + step) % 256
    return _colour(ground), _colour(ink)


def _between(word: Iterator[Words], low: float, high: float) -> Field:
    """Return numbers from ``low`` to ``high``, (n, 1, 1): the upper 24 bits, which float32 holds exactly."""
    share = (next(word) >> np.uint32(8)).astype(np.float32) * np.float32(2**-24)
    return (np.float32(low) + np.float32(high - low) * share)[:, np.newaxis, np.newaxis]


def _bytes(word: Iterator[Words]) -> NDArray[np.int64]:
    return np.stack([next(word) >> np.uint32(24) for _ in range(3)], axis=-1).astype(np.int64)


def _colour(values: NDArray[np.int64]) -> Field:
    return values.astype(np.float32)[:, np.newaxis, np.newaxis, :]


def _noise(numbers: NDArray[np.int64]) -> Field:
    """Return noise of mean 0 and deviation 6.5 from -15 to 15: the sum of a random byte's two halves."""
    words = blocks(_NOISE_BLOCKS, seed=_SEED, stream=_NOISE, position=numbers)
    values = words.astype("<u4").view(np.uint8).reshape(-1, SIDE, SIDE, 3)
    return (values >> 4).astype(np.float32) + (values & 15).astype(np.float32) - np.float32(15)
