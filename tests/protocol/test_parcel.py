"""Data on their way: the same bytes each time, from any place on, and readable as a tar."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import random
import tarfile
from pathlib import Path
from typing import Any

import pytest

from engine.errors import DataError, DataNotFoundError
from engine.protocol.parcel import Parcel


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    chance = random.Random(1)
    for name, size in (("b/2.png", 700), ("a/1.png", 512), ("a/ü.png", 0), (".hidden", 5), ("z.txt", 3000)):
        path = tmp_path / "faces" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(size))
    return tmp_path / "faces"


def test_a_folder_becomes_a_tar_of_its_files(folder: Path) -> None:
    parcel = Parcel(folder)
    content = parcel.read(0, parcel.size)
    assert (parcel.name, parcel.suffix, len(content)) == ("faces", ".tar", parcel.size)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert archive.getnames() == ["a/1.png", "a/ü.png", "b/2.png", "z.txt"]
        for name in archive.getnames():
            file = archive.extractfile(name)
            assert file is not None
            assert file.read() == (folder / name).read_bytes()


def test_any_part_of_it_can_be_read(folder: Path) -> None:
    parcel = Parcel(folder)
    content = parcel.read(0, parcel.size)
    chance = random.Random(2)
    for _ in range(200):
        offset, count = chance.randrange(parcel.size), chance.randrange(1, 2000)
        assert parcel.read(offset, count) == content[offset : offset + count]
    seen: list[int] = []
    assert Parcel(folder).sha256(seen.append) == hashlib.sha256(content).hexdigest()
    assert seen[-1] == parcel.size


def test_a_file_goes_as_it_is(folder: Path) -> None:
    file = folder.parent / "own.data.tar.gz"
    file.write_bytes(bytes(range(256)))
    parcel = Parcel(file)
    assert (parcel.name, parcel.suffix) == ("own", ".tar.gz")
    assert parcel.read(0, 1000) == file.read_bytes()


def test_a_folder_that_cannot_be_read_is_told_and_not_left_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def refuse(path: str) -> Any:
        if Path(path).name == "b":
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DataError, match=r"faces/b: .*Permission denied"):
        Parcel(folder)


def test_what_is_missing_or_shrinks_is_told(folder: Path) -> None:
    with pytest.raises(DataNotFoundError, match="nowhere"):
        Parcel(folder / "nowhere")
    parcel = Parcel(folder)
    (folder / "z.txt").write_bytes(b"short")
    with pytest.raises(DataError, match=r"z\.txt"):
        parcel.read(0, parcel.size)
