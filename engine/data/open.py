"""Opens the data set that a network file names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.data.archive import load_archive
from engine.data.dataset import Dataset
from engine.data.digits import load_digits
from engine.data.shapes import load_shapes
from engine.errors import DataError, DataNotFoundError
from engine.graph.settings import DataSettings

BUILT_IN: dict[str, Callable[[], Dataset]] = {"digits": load_digits, "shapes": load_shapes}
"""The data sets that come with the program, by name."""


def open_dataset(settings: DataSettings, base: Path) -> Dataset:
    """Open the data set that ``settings`` name; ``base`` is the network file's folder.

    Raises DataNotFoundError for an unknown source or a missing file, and DataError where it cannot be used.
    """
    if settings.source in BUILT_IN:
        return BUILT_IN[settings.source]()
    if settings.source != "path":
        sources = ", ".join((*BUILT_IN, "path"))
        raise DataNotFoundError(
            source=settings.source, expected=f"a data set ({sources})", hint="Choose one of these."
        )
    if not settings.path:
        raise DataError(
            source="data", expected="the path of your data", found="none", hint="Set path to an .npz file."
        )
    return load_archive(base / settings.path)
