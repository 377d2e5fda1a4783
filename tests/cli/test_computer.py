"""``convnet serve`` for other computers, asked as ssh would carry it: what is refused, what is confined."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import msgspec
import pytest

from engine.cli.computer import ComputerService
from engine.errors import ConvNetError, DataError, DeviceError, ProtocolError, RunFolderError
from engine.protocol import computer, pipe
from engine.protocol.computer import (
    Begin,
    Chunk,
    Computer,
    ComputerAnswer,
    FindRuns,
    FoundRuns,
    Greet,
    Held,
    Offer,
    Reach,
)
from engine.protocol.messages import PROTOCOL_VERSION, Fork, Problem
from engine.protocol.problems import rebuild

HELLO = Greet(PROTOCOL_VERSION, "test")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of data sets, where all else is the test's own, too."""
    monkeypatch.setenv("CONVNET_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CONVNET_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "data"


def ask(*requests: msgspec.Struct | bytes) -> list[ComputerAnswer]:
    """Send requests, or bytes as they are, and return all answers."""
    incoming, outgoing = io.BytesIO(), io.BytesIO()
    for request in requests:
        if isinstance(request, bytes):
            incoming.write(request)
        else:
            pipe.write(incoming, request)
    incoming.seek(0)
    pipe.answer_all(incoming, outgoing, computer.requests, ComputerService().answer)
    outgoing.seek(0)
    return list(iter(lambda: pipe.read(outgoing, computer.answers), None))


def error(answer: ComputerAnswer) -> ConvNetError:
    assert isinstance(answer, Problem)
    return rebuild(answer)


def test_it_says_what_is_there(data: Path) -> None:
    (data / "faces").mkdir(parents=True)
    (data / "own.npz").write_bytes(b"12345")
    (data / ".part").write_bytes(b"1")
    (data / "gone").symlink_to("nowhere")
    (data / os.fsdecode(b"caf\xe9.npz")).write_bytes(b"1")  # which no network can name
    about, runs = ask(HELLO, FindRuns())
    assert isinstance(about, Computer)
    assert [(each.path, each.size) for each in about.datasets] == [("faces", None), ("own.npz", 5)]
    assert runs == FoundRuns(())


def test_nothing_is_answered_before_a_greeting_of_the_same_version(data: Path) -> None:
    first, second, third = ask(FindRuns(), Greet(99, "9.9"), FindRuns())
    assert isinstance(error(first), ProtocolError)
    assert "version 99" in str(error(second))
    assert isinstance(error(third), ProtocolError)


def test_a_file_comes_in_parts_goes_on_later_and_is_checked(data: Path) -> None:
    content = bytes(range(250)) * 10
    offer = Offer("My faces", ".npz", len(content), hashlib.sha256(content).hexdigest())
    _, held, more = ask(HELLO, offer, Chunk(0, content[:1000]))
    assert (held, more) == (Held(0, None), Held(1000, None))
    _, held, again, whole = ask(HELLO, offer, Chunk(0, content[:10]), Chunk(1000, content[1000:]))
    assert held == Held(1000, None)
    assert isinstance(error(again), ProtocolError)
    assert isinstance(whole, Held)
    assert whole.path is not None
    assert whole.path.startswith("My-faces-")
    assert (data / whole.path).read_bytes() == content
    assert ask(HELLO, offer)[1] == whole
    assert [path.name for path in data.iterdir()] == [whole.path]


def test_a_file_that_came_in_full_but_was_not_checked_is_checked_later(data: Path) -> None:
    sha256 = hashlib.sha256(b"abc").hexdigest()
    data.mkdir()
    (data / f".{sha256}.part").write_bytes(b"abc")
    held = ask(HELLO, Offer("x", ".npz", 3, sha256))[1]
    assert isinstance(held, Held)
    assert held.path is not None
    assert (data / held.path).read_bytes() == b"abc"


def test_a_file_of_another_hash_is_not_kept(data: Path) -> None:
    _, _, answer = ask(HELLO, Offer("x", ".npz", 3, "0" * 64), Chunk(0, b"abc"))
    assert isinstance(error(answer), DataError)
    assert list(data.iterdir()) == []


def test_a_folder_that_takes_no_data_is_told_of(data: Path) -> None:
    """Be it from the beginning, or where the last part makes it whole."""
    data.write_text("a file where a folder should be")
    offer = Offer("x", ".npz", 3, hashlib.sha256(b"abc").hexdigest())
    assert "a disk that takes the data" in str(error(ask(HELLO, offer)[1]))
    data.unlink()
    (data / f"x-{offer.sha256[:16]}.npz" / "in the way").mkdir(parents=True)
    refused = error(ask(HELLO, offer, Chunk(0, b"abc"))[2])
    assert isinstance(refused, DataError)
    assert "a disk that takes the data" in str(refused)


@pytest.mark.parametrize("name", ["../../x", "/etc/passwd", "a/b", "..\\x", ".hidden", "", "ü" * 200])
def test_no_name_leads_out_of_the_folder(data: Path, name: str) -> None:
    _, _, whole = ask(HELLO, Offer(name, ".npz", 3, hashlib.sha256(b"abc").hexdigest()), Chunk(0, b"abc"))
    assert isinstance(whole, Held)
    (file,) = data.iterdir()
    assert file.name == whole.path
    assert not file.name.startswith(".")


@pytest.mark.parametrize("suffix", ["/../x", ".a/b", "..", "", ".npz/"])
def test_suffixes_are_suffixes(data: Path, suffix: str) -> None:
    with pytest.raises(ProtocolError, match="suffix"):
        ask(HELLO, Offer("x", suffix, 3, "0" * 64))
    assert not data.exists()


def test_unknown_runs_are_refused(data: Path) -> None:
    fork = Begin("{}", "x", "cpu", 1.0, Fork("/etc", 0))
    for answer in ask(HELLO, Reach("0" * 32, False, 1.0), Reach("0" * 32, True, 1.0), fork)[1:]:
        assert isinstance(error(answer), RunFolderError)


def test_a_launcher_named_from_afar_is_used_there(data: Path) -> None:
    begin = Begin("{}", "x", "cpu:2", 1.0, split="hybrid", launcher="no-such-launcher")
    refused = error(ask(HELLO, begin)[1])
    assert isinstance(refused, DeviceError)
    assert "no-such-launcher" in str(refused)


@pytest.mark.parametrize("broken", [b"\x05\0\0\0\xc1 bad", b"\xff\xff\xff\xff"])
def test_what_is_no_request_ends_it(data: Path, broken: bytes) -> None:
    with pytest.raises(ProtocolError):
        ask(HELLO, broken)
