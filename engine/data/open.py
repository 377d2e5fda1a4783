"""Opens the data set that a network file names."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from engine.data import bundle
from engine.data.archive import load_archive
from engine.data.batches import FileBatches, holds_files, is_batch, load_batches
from engine.data.class_folders import ClassFolders, is_picture
from engine.data.dataset import Dataset
from engine.data.decoders import Progress
from engine.data.digits import load_digits
from engine.data.idx import is_idx, load_idx
from engine.data.picture_files import load_picture_files
from engine.data.shapes import load_shapes
from engine.errors import DataError, DataNotFoundError
from engine.graph.settings import DataSettings
from engine.words import Words

BUILT_IN: dict[str, Callable[[], Dataset]] = {"digits": load_digits, "shapes": load_shapes}
"""The data sets that come with the program, by name."""


def open_dataset(settings: DataSettings, base: Path, progress: Progress | None = None) -> Dataset:
    """Open the data set that ``settings`` name; ``base`` is the network file's folder.

    Picture files are decoded when they are opened for the first time; ``progress`` is told how many are done.
    Raises DataNotFoundError for an unknown source or a missing file, and DataError where it cannot be used.
    """
    if settings.source in BUILT_IN:
        return BUILT_IN[settings.source]()
    if settings.source != "path":
        sources = ", ".join((*BUILT_IN, "path"))
        raise DataNotFoundError(
            source=settings.source,
            expected=Words("a data set ({sources})", sources=sources),
            hint="Choose one of these.",
        )
    if not settings.path:
        hint = "Set path to a file or folder of pictures."
        raise DataError(source="data", expected="the path of your data", found="none", hint=hint)
    return _open_path(base / settings.path, settings, progress)


def _open_path(path: Path, settings: DataSettings, progress: Progress | None) -> Dataset:
    if path.suffix == ".npz":
        return load_archive(path, settings.validation)
    if path.exists() and not bundle.is_bundle(path):
        raise DataError(
            source=path,
            expected=Words(
                "a folder, or a file that ends in .npz, {suffixes}", suffixes=", ".join(bundle.SUFFIXES)
            ),
            found=Words('a file that ends in "{suffix}"', suffix=path.suffix),
            hint="Choose the folder that it lies in, or pack it.",
        )
    # The first file that any reader knows decides.
    with closing(bundle.members(path)) as members:
        for member in members:
            if is_batch(member.name):
                name = f"{path}: {member.name}"
                if member.name.endswith(".bin") or not holds_files(member.read(), name):
                    return load_batches(path, settings.validation)
                return load_picture_files(path, FileBatches(), settings, progress)
            if is_idx(member.name):
                return load_idx(path, settings.validation)
            if is_picture(member.name):
                return load_picture_files(path, ClassFolders(), settings, progress)
    raise DataError(
        source=path,
        expected="pictures in folders of their class, CIFAR-10 batches or idx files",
        found="none of these",
        hint="Put the pictures of each class into a folder of its name.",
    )
