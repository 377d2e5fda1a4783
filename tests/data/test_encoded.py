"""Encoded pictures are read from memory, or from their place on the disk."""

from pathlib import Path

import pytest

from engine.data.bundle import members
from engine.data.digest import DIGEST_BYTES, digest
from engine.data.encoded import Encoded, Place
from engine.errors import DataError


def test_a_place_is_read_from_the_disk(tmp_path: Path) -> None:
    file = tmp_path / "data.bin"
    file.write_bytes(b"0123456789")
    picture = Encoded("middle", Place(str(file), 3, 4))
    assert (picture.read(), picture.nbytes) == (b"3456", 4)
    assert Encoded("memory", b"3456").read() == b"3456"


def test_a_file_that_became_shorter_or_went_is_told(tmp_path: Path) -> None:
    file = tmp_path / "data.bin"
    file.write_bytes(b"0123")
    place = Place(str(file), 2, 4)
    with pytest.raises(DataError, match=r"data\.bin: expected 4 bytes from byte 2 on, found 2"):
        place.read()
    file.unlink()
    with pytest.raises(DataError, match="expected 4 bytes from byte 2 on, found No such file"):
        place.read()


def test_members_that_lie_there_plainly_have_a_place(tmp_path: Path) -> None:
    tmp_path.joinpath("a.jpg").write_bytes(b"content")
    (member,) = members(tmp_path)
    assert member.place is not None
    assert member.place.read() == member.read() == b"content"


@pytest.mark.parametrize("other", [b"", b"x" * 9999 + b"y", b"x" * 9_999, b"y" + b"x" * 9999, b"x" * 10_001])
def test_digests_tell_contents_apart_wherever_they_differ(other: bytes) -> None:
    assert digest(b"x" * 10_000) == digest(b"x" * 10_000)
    assert digest(other) != digest(b"x" * 10_000)
    assert len(digest(other)) == DIGEST_BYTES
