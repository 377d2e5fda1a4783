"""Plain tars are listed here as tarfile lists them, whatever lies in them, and however they are damaged."""

import io
import random
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from engine.data.tar import entries

FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
NAMES = ("a/1.jpg", "./b/2.jpg", "c/" + "d" * 90 + "/" + "e" * 60, "/f", "../g", "empty")
Found = list[tuple[str, bytes, int, int]]


def _entry(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.size = kind, size
    return entry


def _tar(file: Path, tar_format: int, others: Iterable[tarfile.TarInfo] = ()) -> Path:
    with tarfile.open(file, "w", format=tar_format) as archive:
        archive.addfile(_entry("folder", tarfile.DIRTYPE))
        for number, name in enumerate(NAMES):
            archive.addfile(_entry(name, size=700 * number), io.BytesIO(bytes(700 * number)))
        for entry in others:
            archive.addfile(entry, io.BytesIO(bytes(entry.size)))
        archive.addfile(_entry("last", size=5), io.BytesIO(b"bytes"))
    return file


def _look(found: Iterable[tarfile.TarInfo]) -> Found:
    return [(entry.name, entry.type, entry.size, entry.offset_data) for entry in found]


def _ours(file: Path) -> Found:
    with file.open("rb") as opened:
        return _look(entries(opened))


def _theirs(file: Path) -> Found:
    with tarfile.open(file, "r:") as archive:
        return _look(archive)


@pytest.mark.parametrize("tar_format", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize(
    "other",
    [
        _entry("link", tarfile.SYMTYPE),
        _entry("contiguous", tarfile.CONTTYPE, 900),
        _entry("ancient", tarfile.AREGTYPE, 900),
        _entry("ancient folder/", tarfile.AREGTYPE),
        _entry("ü" * 10, size=3),
        _entry("ü" * 120, size=3),
    ],
    ids=lambda entry: str(entry.name[:20]),
)
def test_all_formats_are_listed_as_tarfile_lists_them(
    tmp_path: Path, tar_format: int, other: tarfile.TarInfo
) -> None:
    if other.name == "ü" * 120 and tar_format == tarfile.USTAR_FORMAT:
        pytest.skip("a name too long for the format")
    file = _tar(tmp_path / "data.tar", tar_format, [other])
    assert len(_ours(file)) == len(NAMES) + 3
    assert _ours(file) == _theirs(file)


def test_a_size_in_binary_is_read(tmp_path: Path) -> None:
    file = tmp_path / "data.tar"
    headers = [_entry(name, size=size).tobuf(tarfile.GNU_FORMAT) for name, size in (("a", 0), ("b", 1 << 40))]
    file.write_bytes(b"".join(headers))
    with file.open("rb") as opened:
        found = entries(opened)
        assert [next(found).size for _ in headers] == [0, 1 << 40]


def test_what_is_cut_short_is_told(tmp_path: Path) -> None:
    file = _tar(tmp_path / "data.tar", tarfile.USTAR_FORMAT)
    content = file.read_bytes()
    for length in range(0, len(content), 256):
        file.write_bytes(content[:length])
        assert _outcome(_ours, file) == _outcome(_theirs, file), length


@pytest.mark.parametrize("tar_format", FORMATS.values(), ids=FORMATS)
def test_damaged_headers_are_read_as_tarfile_reads_them(tmp_path: Path, tar_format: int) -> None:
    whole = _tar(tmp_path / "data.tar", tar_format).read_bytes()
    file = tmp_path / "damaged.tar"
    dice = random.Random(4)
    for number in range(300):
        content = bytearray(whole)
        for _ in range(dice.randint(1, 3)):
            content[dice.randrange(len(content))] = dice.choice((0, 32, 48, 55, 57, 128, 255))
        file.write_bytes(content)
        assert _outcome(_ours, file) == _outcome(_theirs, file), number


def _outcome(read: object, file: Path) -> object:
    assert callable(read)
    try:
        return read(file)
    except tarfile.TarError as error:
        return type(error), str(error)
