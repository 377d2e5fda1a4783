"""Decoder processes start quickly, are missed when they die, and end with their parent."""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from engine.data import decoders
from engine.data.decoder import Form, Row, Task
from engine.data.encoded import Encoded, Place
from engine.errors import DataError

Encode = Callable[..., bytes]
FORM = Form((6, 6), 3)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoders, "_CHUNK_PICTURES", 1)
    monkeypatch.setattr(decoders, "processors", lambda: 2)


def _pictures(encode: Encode, count: int = 12) -> list[Encoded]:
    return [Encoded(f"{number}.png", encode(number)) for number in range(count)]


def _processes() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [
        child
        for child in children
        if child.status() != psutil.STATUS_ZOMBIE and decoders._SERVE in child.cmdline()
    ]


def test_a_decoder_imports_little() -> None:
    """Half of its start would go to NumPy."""
    program = "import engine.data.decoder, sys; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_no_more_decoders_are_started_than_there_are_processors(tmp_path: Path, encode: Encode) -> None:
    found: set[int] = set()

    def look(_done: int) -> None:
        found.update(child.pid for child in _processes())

    decoders.decode_all(_pictures(encode), FORM, tmp_path / "rows", look)
    assert 1 <= len(found) <= 2
    assert not _processes()


def test_a_decoder_that_dies_is_told(tmp_path: Path, encode: Encode) -> None:
    def kill(_done: int) -> None:
        for child in _processes():
            child.kill()

    with pytest.raises(DataError, match="that ended the decoder"):
        decoders.decode_all(_pictures(encode, 40), FORM, tmp_path / "rows", kill)
    assert not _processes()


def test_a_decoder_that_cannot_be_started_is_told(
    tmp_path: Path, encode: Encode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not as a disk that refuses, which is what errors of the system are taken for further up."""
    monkeypatch.setattr(decoders.sys, "executable", str(tmp_path / "no python"))
    with pytest.raises(DataError, match="expected another process, to decode pictures, found No such file"):
        decoders.decode_all(_pictures(encode), FORM, tmp_path / "rows")


def test_what_a_decoder_raises_comes_here(tmp_path: Path, encode: Encode) -> None:
    pictures = _pictures(encode)
    pictures[9] = Encoded("gone.png", Place(str(tmp_path / "gone.png"), 0, 9))
    with pytest.raises(DataError, match=r"gone\.png: expected 9 bytes from byte 0 on, found No such file"):
        decoders.decode_all(pictures, FORM, tmp_path / "rows")
    assert not _processes()


@pytest.mark.skipif(os.name != "posix", reason="a pipe with a name")
def test_a_decoder_ends_with_its_input_even_while_it_works(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "nobody writes")
    waiting = [Encoded("for ever", Place(str(tmp_path / "nobody writes"), 0, 1))]
    (tmp_path / "rows").touch()
    with decoders._start() as process:
        assert process.stdin is not None
        pickle.dump(Task(waiting, Row(FORM, (6, 6, 3)), str(tmp_path / "rows"), 0), process.stdin)
        process.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.stdin.close()
        assert process.wait(60) == 0
