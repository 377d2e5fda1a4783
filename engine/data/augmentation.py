"""Varies training pictures: random crops, mirror images, shifted colours.

Every variation is a function of (seed, epoch, place of the picture in its split), whatever came before it and
whichever process draws it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.dataset import Pictures
from engine.data.preprocessing import Preprocessing
from engine.graph.settings import DataSettings
from kernels.philox import Stream, blocks, normal, substream

_SAMPLE = 10_000
"""Pictures that the components of colours are taken from, evenly spread over all."""

_NOISE = substream(Stream.AUGMENTATION, 1)


@dataclass(frozen=True, eq=False)
class ColourNoise:
    """Shifts the colours of whole pictures along their principal components.

    x ← (x + coefficient · (n · deviations) · componentsᵀ) / (1 + coefficient), with normal numbers n for each
    picture. The division keeps the deviation of the values about the same as at tests.
    ``deviations``: (channels,); ``components``: (channels, channels), one a column.

    Source: cuda-convnet2, convdata.py; Krizhevsky, Sutskever, Hinton 2012, section 4.1.
    """

    coefficient: float
    deviations: NDArray[np.float64]
    components: NDArray[np.float64]

    @classmethod
    def fit(cls, pictures: Pictures, coefficient: float) -> ColourNoise:
        """Find the principal components of the pixels of ``pictures``."""
        step = -(-len(pictures) // _SAMPLE)
        channels = pictures.shape[-1]
        sums, products, count = np.zeros(channels), np.zeros((channels, channels)), 0
        for first in range(0, len(pictures), 256 * step):
            pixels = pictures[first : first + 256 * step : step].reshape(-1, channels).astype(np.float64)
            sums += pixels.sum(0)
            products += pixels.T @ pixels
            count += len(pixels)
        mean = sums / count
        variances, components = np.linalg.eigh(products / count - np.outer(mean, mean))
        # The sign of a component is arbitrary: the largest entry is made positive.
        largest = np.abs(components).argmax(0)
        components = components * np.sign(components[largest, np.arange(channels)])
        return cls(coefficient, np.sqrt(np.maximum(variances, 0.0)), components)

    @property
    def spread(self) -> NDArray[np.float64]:
        """The components, each times its deviation and the coefficient, (channels, channels)."""
        return self.coefficient * self.deviations * self.components

    def shifts(self, positions: NDArray[np.int64], *, seed: int, epoch: int) -> NDArray[np.float64]:
        """Return what is added to each channel of the pictures at ``positions``, (N, channels)."""
        drawn = normal(len(self.deviations), seed=seed, stream=_NOISE, step=epoch, position=positions)
        return self.coefficient * (drawn * self.deviations) @ self.components.T


@dataclass(frozen=True, eq=False)
class Augmentation:
    """What is varied. Crops are cut at random within the whole picture and its border."""

    random_crop: bool = False
    mirror: bool = False
    noise: ColourNoise | None = None

    @classmethod
    def fit(cls, pictures: Pictures, settings: DataSettings) -> Augmentation:
        """Return what ``settings`` say, with colours as in the training ``pictures``."""
        noise = ColourNoise.fit(pictures, settings.colour_noise) if settings.colour_noise else None
        return cls(settings.random_crop, settings.mirror, noise)

    def apply(
        self,
        preprocessing: Preprocessing,
        pictures: NDArray[np.uint8],
        positions: NDArray[np.int64],
        out: NDArray[np.floating[Any]],
        *,
        seed: int,
        epoch: int,
    ) -> None:
        """Write varied, prepared crops of the ``pictures`` at ``positions`` of their split to ``out``."""
        if self.mirror or (self.random_crop and any(preprocessing.room)):
            corners, mirrored = self._draw(preprocessing, positions, seed=seed, epoch=epoch)
            preprocessing.cut(pictures, corners, mirrored, out)
        else:
            preprocessing.apply(pictures, out)
        if self.noise is not None:
            shifts = self.noise.shifts(positions, seed=seed, epoch=epoch) * preprocessing.scale
            out += shifts[:, np.newaxis, np.newaxis].astype(out.dtype)
            out /= 1.0 + self.noise.coefficient

    def _draw(
        self, preprocessing: Preprocessing, positions: NDArray[np.int64], *, seed: int, epoch: int
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return the corners of the crops at ``positions``, (N, 2), and whether each is mirrored, (N,)."""
        words = blocks(1, seed=seed, stream=Stream.AUGMENTATION, step=epoch, position=positions)[:, 0]
        corners = np.broadcast_to(np.array(preprocessing.middle), (len(positions), 2))
        if self.random_crop:
            choices = np.array(preprocessing.room, np.uint64) + np.uint64(1)
            corners = (words[:, :2] * choices >> np.uint64(32)).astype(np.int64)
        return corners, (words[:, 2] >> np.uint32(31)).astype(np.bool_) & self.mirror
