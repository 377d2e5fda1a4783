"""Folders and archives give the same files; dangerous archives are refused, and nothing is unpacked."""

import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from engine.data.bundle import identity, members
from engine.errors import DataError, DataNotFoundError

CONTENTS = {"a/1.jpg": b"one", "a/2.jpg": b"two" * 1000, "b/3.jpg": b""}
MODES = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz", ".tar.xz": "w:xz", ".tar.bz2": "w:bz2"}
Write = Callable[[Path, dict[str, bytes]], Path]


def _tar(path: Path, *entries: tarfile.TarInfo, mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in CONTENTS.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for entry in entries:
            archive.addfile(entry, io.BytesIO(bytes(entry.size)))
    return path


def _read(path: Path) -> dict[str, bytes]:
    return {member.name: member.read() for member in members(path)}


def test_a_folder_gives_its_files_by_name_without_hidden_ones(tmp_path: Path, write: Write) -> None:
    write(tmp_path, {**CONTENTS, ".hidden": b"", ".git/x": b""})
    assert _read(tmp_path) == CONTENTS
    assert [member.name for member in members(tmp_path)] == list(CONTENTS)


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ""])
def test_names_that_are_no_text_are_written_as_one(tmp_path: Path, suffix: str) -> None:
    """As from a disk of another system, in an encoding of its own."""
    path = tmp_path / f"data{suffix}"
    name = os.fsdecode(b"caf\xe9/1.png")
    if suffix:
        with tarfile.open(path, MODES[suffix], format=tarfile.GNU_FORMAT) as archive:
            entry = tarfile.TarInfo(name)
            entry.size = 3
            archive.addfile(entry, io.BytesIO(b"abc"))
    else:
        (path / name).parent.mkdir(parents=True)
        (path / name).write_bytes(b"abc")
    assert _read(path) == {"caf\\udce9/1.png": b"abc"}
    msgspec.msgpack.encode(identity(path))


@pytest.mark.parametrize("suffix", MODES)
def test_a_tar_gives_its_files(tmp_path: Path, suffix: str) -> None:
    path = _tar(tmp_path / f"data{suffix}", mode=MODES[suffix])
    assert _read(path) == CONTENTS
    places = {member.name: member.place for member in members(path)}
    if suffix == ".tar":
        assert {name: place.read() for name, place in places.items() if place} == CONTENTS
    else:
        assert set(places.values()) == {None}


def test_a_zip_gives_its_files(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.mkdir("a")
        for name, content in CONTENTS.items():
            archive.writestr(name, content)
    assert _read(tmp_path / "data.zip") == CONTENTS


@pytest.mark.parametrize("name", ["../out.jpg", "/etc/passwd", "a/../../out", "C:/out", "..\\out", "\\out"])
@pytest.mark.parametrize("suffix", [".tar", ".zip"])
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str, suffix: str) -> None:
    path = tmp_path / f"data{suffix}"
    if suffix == ".tar":
        _tar(path, tarfile.TarInfo(name))
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(zipfile.ZipInfo(name), b"out")
    with pytest.raises(DataError, match="plain files below the archive's top"):
        _read(path)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_refused(tmp_path: Path, kind: bytes) -> None:
    entry = tarfile.TarInfo("a/link.jpg")
    entry.type, entry.linkname = kind, "/etc/passwd"
    with pytest.raises(DataError, match="found a link or device"):
        _read(_tar(tmp_path / "data.tar", entry))


def test_links_in_a_zip_are_refused(tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("a/link.jpg")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(DataError, match="found a link"):
        _read(tmp_path / "data.zip")


@pytest.mark.parametrize("suffix", [".tar.gz", ".tar.xz", ".tar.bz2"])
def test_a_tar_that_grows_beyond_proportion_is_refused(tmp_path: Path, suffix: str) -> None:
    bomb = tarfile.TarInfo("a/bomb.jpg")
    bomb.size = 64 << 20
    path = _tar(tmp_path / f"data{suffix}", bomb, mode=MODES[suffix])
    assert path.stat().st_size * 900 < bomb.size
    with pytest.raises(DataError, match="grows at most 250 times"):
        _read(path)


def test_a_zip_that_grows_beyond_proportion_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "data.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/bomb.jpg", bytes(64 << 20))
    with pytest.raises(DataError, match="grows at most 250 times"):
        _read(tmp_path / "data.zip")


def test_a_file_that_says_it_is_vast_is_refused_before_it_is_read(tmp_path: Path) -> None:
    entry = tarfile.TarInfo("a/vast.jpg")
    entry.size = 1 << 40
    path = tmp_path / "data.tar"
    path.write_bytes(entry.tobuf() + bytes(1024))
    with pytest.raises(DataError, match="found 1099511627776 bytes"):
        _read(path)


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.xz", ".tar.bz2", ".zip"])
def test_what_is_no_archive_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"data{suffix}"
    path.write_bytes(b"no archive" * 100)
    with pytest.raises(DataError, match="expected files that can be read"):
        _read(path)


def test_an_archive_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = _tar(tmp_path / "data.tar.gz", mode="w:gz")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match="expected files that can be read"):
        _read(path)


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match="gone: expected a file or folder, found nothing"):
        _read(tmp_path / "gone")


def test_the_identity_changes_with_a_file(tmp_path: Path, write: Write) -> None:
    before = identity(write(tmp_path, CONTENTS))
    assert identity(tmp_path) == before
    (tmp_path / "a" / "1.jpg").write_bytes(b"other")
    assert identity(tmp_path) != before
