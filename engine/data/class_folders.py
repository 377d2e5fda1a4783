"""Pictures in folders of their class: ``train/cat/1.jpg`` and ``test/dog/2.png``, or ``cat/1.jpg``.

The folder that a picture lies in names its class. If the folder above that is called train, validation or
test, or what people else call these, it names the split. Folders further up do not matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import splitext
from typing import Final

from engine.data.bundle import Member
from engine.data.dataset import SplitName
from engine.data.decode import SUFFIXES
from engine.data.encoded import Encoded
from engine.data.picture_files import Listing

MOST_PICTURE_BYTES = 64 << 20
"""Of a picture's file; larger ones are skipped."""

TOO_LARGE: Final = "it has more than 64 MiB"
"""Why such a picture is skipped."""

_SPLITS: dict[str, SplitName] = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}


def is_picture(name: str) -> bool:
    """Return whether the file called ``name`` is taken for a picture."""
    return splitext(name)[1].lower() in SUFFIXES and "__MACOSX" not in name.split("/")


class ClassFolders:
    """The layout of class folders. Labels count the classes in the order of their names."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def pictures(self, members: Iterator[Member], listing: Listing) -> Iterator[Encoded]:
        """Yield the pictures of all classes."""
        for member in members:
            if not is_picture(member.name):
                continue
            *above, folder = member.name.split("/")[:-1] or [""]
            if not folder or folder.lower() in _SPLITS:
                listing.skip(member.name, "it lies in no folder of a class")
            elif member.size > MOST_PICTURE_BYTES:
                listing.skip(member.name, TOO_LARGE)
            else:
                listing.labels.append(self._numbers.setdefault(folder, len(self._numbers)))
                listing.splits.append(_SPLITS.get(above[-1].lower()) if above else None)
                yield Encoded(member.name, member.place or member.read())

    def class_names(self, listing: Listing) -> tuple[str, ...]:
        """Return the folders' names in order, and number the labels so."""
        names = sorted(self._numbers)
        labels = {self._numbers[name]: label for label, name in enumerate(names)}
        listing.labels = [labels[number] for number in listing.labels]
        return tuple(names)
