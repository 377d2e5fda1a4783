"""Machine code on the disk: found again, whole or not at all, by processes that share it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from kernels.cpu.vector.code_cache import CodeCache, Linker, key_of
from kernels.cpu.vector.drive import SOURCE, SYMBOL
from kernels.cpu.vector.target import targets

PLAIN = targets()["plain"]


def test_what_is_kept_is_found(tmp_path: Path) -> None:
    """By its key alone."""
    cache = CodeCache(tmp_path / "deep" / "folder")
    assert cache.get("a") is None
    cache.put("a", b"code of a")
    cache.put("b", b"code of b")
    assert cache.get("a") == b"code of a"
    assert CodeCache(tmp_path / "deep" / "folder").get("b") == b"code of b"


@pytest.mark.parametrize(
    "spoil", [lambda content: content[:-1], lambda content: b"", lambda content: content + b"x"]
)
def test_what_is_not_whole_is_not_there(tmp_path: Path, spoil: object) -> None:
    """Code that lost its end, or has too much of it, is made anew."""
    cache = CodeCache(tmp_path)
    cache.put("a", b"code")
    (file,) = tmp_path.iterdir()
    file.write_bytes(spoil(file.read_bytes()))  # type: ignore[operator]
    assert cache.get("a") is None


def test_nothing_is_left_beside_the_code(tmp_path: Path) -> None:
    """A file is there under its name at once, and only its owner may write it."""
    CodeCache(tmp_path).put("a", b"code")
    (file,) = tmp_path.iterdir()
    assert not file.stat().st_mode & 0o077


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    """And nothing is raised."""
    tmp_path.chmod(0o500)
    cache = CodeCache(tmp_path)
    cache.put("a", b"code")
    assert cache.get("a") is None


def test_a_file_in_place_of_the_folder_keeps_nothing(tmp_path: Path) -> None:
    """And nothing is raised."""
    (tmp_path / "file").write_text("")
    cache = CodeCache(tmp_path / "file")
    cache.put("a", b"code")
    assert cache.get("a") is None


def test_compiled_code_is_loaded_from_the_disk(tmp_path: Path) -> None:
    """The second linker need not compile."""
    cache = CodeCache(tmp_path)
    Linker(PLAIN, cache).load("drive", [SYMBOL], lambda: SOURCE)(SYMBOL)

    def fail() -> str:
        raise AssertionError("compiled again")

    assert Linker(PLAIN, cache).load("drive", [SYMBOL], fail)(SYMBOL)


class Held(Linker):
    """A linker whose thread compiles nothing until it is told to ``go``."""

    def __init__(self, folder: Path) -> None:
        super().__init__(PLAIN, CodeCache(folder))
        self.go = Event()
        self.compiled = 0

    def compile(self, text: str) -> bytes:
        """Wait, and compile."""
        assert self.go.wait(60)
        self.compiled += 1
        return super().compile(text)


def test_the_next_text_can_be_written_while_one_is_compiled(tmp_path: Path) -> None:
    """To load waits for nothing; to ask for an address does."""
    linker = Held(tmp_path)
    address = linker.load("drive", [SYMBOL], lambda: SOURCE)
    linker.go.set()
    assert address(SYMBOL)


def test_what_was_compiled_is_kept_though_nobody_asks_for_it(tmp_path: Path) -> None:
    """So that a start that is broken off is not in vain."""
    linker = Linker(PLAIN, CodeCache(tmp_path))
    linker.load("drive", [SYMBOL], lambda: SOURCE)
    linker._thread.shutdown()
    assert linker.cache.get(key_of(PLAIN, "drive"))


def test_what_llvm_has_against_a_text_is_raised_to_whoever_asks(tmp_path: Path) -> None:
    """And the next text is compiled."""
    linker = Linker(PLAIN, CodeCache(tmp_path))
    wrong = linker.load("drive", [SYMBOL], lambda: "define nothing")
    for _ in range(2):
        with pytest.raises(RuntimeError, match="expected type"):
            wrong(SYMBOL)
    assert linker.load("drive", [SYMBOL], lambda: SOURCE)(SYMBOL)


def test_what_is_queued_is_not_compiled_after_an_interrupt(tmp_path: Path) -> None:
    """Python would wait for it at the end. Later it can be loaded all the same."""
    linker = Held(tmp_path)
    for number in range(8):
        linker.load(f"drive {number}", [SYMBOL], lambda: SOURCE)

    def interrupt() -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        linker.load("another", [SYMBOL], interrupt)
    linker.go.set()
    linker._thread.submit(int).result(60)
    assert linker.compiled <= 1
    assert linker.load("drive 7", [SYMBOL], lambda: SOURCE)(SYMBOL)


def test_code_that_threads_ask_for_at_once_is_loaded_once(tmp_path: Path) -> None:
    linker, threads = Held(tmp_path), 4
    addresses = [linker.load("drive", [SYMBOL], lambda: SOURCE) for _ in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        found = [pool.submit(address, SYMBOL) for address in addresses]
        linker.go.set()
    assert len({address.result() for address in found}) == linker.compiled == 1


def test_keys_tell_targets_and_kernels_apart() -> None:
    """No two of them share code."""
    keys = {key_of(target, what) for target in targets().values() for what in ("a", "b")}
    assert len(keys) == 2 * len(targets())
