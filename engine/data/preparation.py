"""What a trained network must be given with its weights: how pictures are prepared, and names of classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.data.dataset import Dataset
from engine.data.decode import decode
from engine.data.preprocessing import Preprocessing, Size
from engine.data.views import Views
from engine.errors import DataError
from engine.graph.settings import DataSettings
from engine.words import Words

MEAN = "data.mean"
"""Name of the array of means among a checkpoint's arrays."""


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    class_names: tuple[str, ...]
    shape: tuple[int, int, int]  # height and width of the pictures in px, channels
    size: Size  # of the crops, in px
    border: int  # px
    scale: float
    test_views: Literal["one", "ten", "nine"]


@dataclass(frozen=True, eq=False)
class Preparation:
    """Turns a picture file into what a network was trained on; class k is ``class_names[k]``."""

    preprocessing: Preprocessing
    class_names: tuple[str, ...]
    test_views: str = "one"

    @classmethod
    def fit(cls, dataset: Dataset, settings: DataSettings, size: Size) -> Preparation:
        """Return the preparation for a training on ``dataset`` of a network that sees ``size``, in px."""
        preprocessing = Preprocessing.fit(dataset.split("train").pictures, settings, size)
        return cls(preprocessing, dataset.class_names, settings.test_views)

    def to_record(self) -> tuple[dict[str, Any], dict[str, NDArray[np.float64]]]:
        """Return this as plain values for JSON, and arrays by name."""
        how = self.preprocessing
        record = _Record(self.class_names, how.shape, how.size, how.border, how.scale, self.test_views)  # type: ignore[arg-type]
        return msgspec.to_builtins(record), {MEAN: how.mean}

    @classmethod
    def from_record(cls, record: object, arrays: dict[str, NDArray[Any]]) -> Preparation:
        """Return what ``to_record`` was called on; ``arrays`` may hold others. Raises DataError."""
        try:
            values = msgspec.convert(record, _Record)
            mean = np.asarray(arrays[MEAN], np.float64)
            np.broadcast_to(mean, values.shape)
        except (msgspec.ValidationError, KeyError, ValueError) as error:
            found = Words("something else ({reason})", reason=error)
            raise DataError(source="checkpoint", expected="its preparation", found=found, hint="") from error
        how = Preprocessing(mean, values.scale, values.shape, values.size, values.border)
        return cls(how, values.class_names, values.test_views)

    def prepare(self, content: bytes, source: object, dtype: DTypeLike) -> NDArray[np.floating[Any]]:
        """Decode a picture file and return its test views, prepared, (views, height, width, channels).

        The network's answer is the mean of its probabilities over them. Raises DataError, naming ``source``.
        """
        how = self.preprocessing
        height, width, channels = how.shape
        picture = decode(content, (height, width), channels, source)[np.newaxis]
        views = Views(how, self.test_views)
        out = np.empty((1, *how.size, channels), dtype)
        return np.concatenate([view.copy() for view in views.each(picture, out)])
