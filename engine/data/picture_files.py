"""Opens data sets whose pictures come as encoded files: decodes them into a store, once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.data import bundle
from engine.data.dataset import SPLITS, Dataset, PictureRows, Skipped, Split, SplitName
from engine.data.decoder import Form, Outcome
from engine.data.decoders import Progress, decode_all
from engine.data.divide import assign_splits
from engine.data.encoded import Encoded
from engine.data.store import Index, Store, open_store
from engine.errors import DataError
from engine.graph.settings import DataSettings
from engine.words import Words

_CODES: dict[SplitName | None, int] = {None: 0, "train": 1, "validation": 2, "test": 3}
_NAMES = {code: name for name, code in _CODES.items()}


@dataclass
class Listing:
    """What is known of pictures besides their content, in the order in which they are found.

    ``splits`` are those that the data set itself names; ``skipped`` are files left out, with reasons.
    """

    labels: list[int] = field(default_factory=list)
    splits: list[SplitName | None] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    def skip(self, name: str, reason: str) -> None:
        """Leave a file out."""
        self.skipped.append((name, reason))


class Layout(Protocol):
    """How pictures and classes lie in the files of a bundle."""

    def pictures(self, members: Iterator[bundle.Member], listing: Listing) -> Iterator[Encoded]:
        """Yield the pictures in ``members``, each with an entry in ``listing``."""
        ...

    def class_names(self, listing: Listing) -> tuple[str, ...]:
        """Return the names of the classes by label once all pictures were seen; labels may be set anew."""
        ...


def load_picture_files(
    path: Path, layout: Layout, settings: DataSettings, progress: Progress | None = None
) -> Dataset:
    """Open the bundle at ``path``; its pictures are decoded when it is opened for the first time.

    Raises DataError where it cannot be read or has nothing to train on.
    """
    size = (settings.size, settings.size) if settings.size else None
    form = Form(size, 1 if settings.colour == "grey" else 3)

    def fill(file: Path) -> Index:
        listing = Listing()
        with closing(bundle.members(path)) as members:
            shape, outcomes = decode_all(layout.pictures(members, listing), form, file, progress)
        return _index(shape, outcomes, layout.class_names(listing), listing)

    what = (type(layout).__name__, bundle.identity(path), form.size, form.channels)
    return _dataset(path, open_store(what, fill), settings.validation)


def _index(
    shape: tuple[int, int, int], outcomes: list[Outcome], class_names: tuple[str, ...], listing: Listing
) -> Index:
    rows = [row for row, outcome in enumerate(outcomes) if outcome.skipped is None]
    failed = [outcome.skipped for outcome in outcomes if outcome.skipped is not None]
    return Index(
        shape=shape,
        class_names=class_names,
        rows=np.array(rows, "<i8").tobytes(),
        labels=np.array([listing.labels[row] for row in rows], "<i4").tobytes(),
        digests=b"".join(outcomes[row].digest for row in rows),
        splits=bytes(_CODES[listing.splits[row]] for row in rows),
        skipped=(*listing.skipped, *failed),
        pictures_bytes=len(outcomes) * int(np.prod(shape)),
    )


def _dataset(path: Path, store: Store, validation_share: float) -> Dataset:
    index, pictures = store
    rows = np.frombuffer(index.rows, "<i8").astype(np.int64)
    labels = np.frombuffer(index.labels, "<i4").astype(np.int32)
    given = [_NAMES[code] for code in index.splits]
    members = assign_splits(labels, index.digest_list(), given, validation_share)
    skipped = tuple(Skipped(name, reason) for name, reason in index.skipped)
    if not len(members["train"]):
        raise _nothing_to_train_on(path, skipped)

    def split(places: NDArray[np.int64]) -> Split:
        return Split(PictureRows(pictures, rows[places]), labels[places])

    return Dataset(path.name, index.class_names, {name: split(members[name]) for name in SPLITS}, skipped)


def _nothing_to_train_on(path: Path, skipped: tuple[Skipped, ...]) -> DataError:
    found: str = "none"
    if skipped:
        first = skipped[0]
        found = Words(
            "none, and {count} that were skipped; {name}: {reason}",
            count=len(skipped),
            name=first.name,
            reason=first.reason,
        )
    return DataError(
        source=path,
        expected="pictures to train on, in folders of their class such as train/cat/1.jpg or cat/1.jpg",
        found=found,
        hint="Put the pictures of each class into a folder of its name.",
    )
